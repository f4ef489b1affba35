import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReportStore } from '../report-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { reportOf } from './records.js';

const AT = '2026-01-01T00:00:00.000Z';

/** What every `ReportStore` does. An adapter calls it in a spec of its own. */
export function describeReportStore(kind: string, create: CreateDatabase): void {
  describe(`reports on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let reports: ReportStore;
    const newest = async () => (await reports.forApp('shop', { limit: 1 }))[0]?.report;

    beforeEach(async () => {
      database = await create();
      ({ reports } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    it('a report is read as it came, by another connection too, with the time of its arrival', async () => {
      const last_error = { step: 'pull', message: 'no such "image" – ü', at: AT, retry_at: null };
      const report = reportOf({ state: 'failed', last_error });
      expect(await reports.save(report, AT)).toBe(true);
      const expected = [{ report, received_at: AT }];
      expect(await reports.forApp('shop', { limit: 10 })).toEqual(expected);
      expect(await (await database.open()).reports.forApp('shop', { limit: 10 })).toEqual(expected);
      expect(await reports.forApp('other', { limit: 10 })).toEqual([]);
    });

    it('within a boot the highest sequence stays, in whatever order they come', async () => {
      const other = (await database.open()).reports;
      expect(await reports.save(reportOf({ sequence: 9, revision: 9 }), AT)).toBe(true);
      expect(await other.save(reportOf({ sequence: 9, revision: 1 }), AT)).toBe(false);
      expect(await reports.save(reportOf({ sequence: 8, revision: 8 }), AT)).toBe(false);
      expect(await newest()).toMatchObject({ sequence: 9, revision: 9 });
      // As numbers, not as text.
      expect(await other.save(reportOf({ sequence: 10, revision: 10 }), AT)).toBe(true);
      expect(await newest()).toMatchObject({ sequence: 10 });
    });

    it('a new boot replaces the one before, however low it counts', async () => {
      await reports.save(reportOf({ sequence: 900 }), AT);
      const later = '2020-01-01T00:00:00.000Z';
      expect(await reports.save(reportOf({ boot_nonce: 'boot-2', sequence: 1 }), later)).toBe(true);
      expect(await reports.forApp('shop', { limit: 10 })).toEqual([
        { report: reportOf({ boot_nonce: 'boot-2', sequence: 1 }), received_at: later },
      ]);
    });

    it('the reports about an app come by worker, page by page', async () => {
      const all = ['W', 'a%', 'a-1', 'a_1', 'b'];
      for (const worker_id of [...all].reverse()) await reports.save(reportOf({ worker_id }), AT);
      await reports.save(reportOf({ worker_id: 'c', app_name: 'other' }), AT);
      const ids = async (query: { limit: number; after?: string }) =>
        (await reports.forApp('shop', query)).map(({ report }) => report.worker_id);
      expect(await ids({ limit: 10 })).toEqual(all);
      expect(await ids({ limit: 2 })).toEqual(['W', 'a%']);
      expect(await ids({ limit: 2, after: 'a%' })).toEqual(['a-1', 'a_1']);
      expect(await ids({ limit: 2, after: 'b' })).toEqual([]);
    });

    it('what one worker said about an app is forgotten alone', async () => {
      const kept = [reportOf({ worker_id: 'other' }), reportOf({ app_name: 'other' })];
      for (const report of [reportOf(), ...kept]) await reports.save(report, AT);
      await reports.remove('shop', 'worker-1');
      await reports.remove('shop', 'nobody');
      expect((await reports.forApp('shop', { limit: 10 })).map(({ report }) => report)).toEqual([kept[0]]);
      expect((await reports.forApp('other', { limit: 10 })).map(({ report }) => report)).toEqual([kept[1]]);
      expect(await reports.save(reportOf(), AT)).toBe(true);
    });
  });
}
