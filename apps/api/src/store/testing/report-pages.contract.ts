import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppPageQuery, AppView } from '../fleet-records.js';
import type { FleetStore } from '../fleet-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { appOn, reportOf, workerOf } from './records.js';

const VIEW: AppView = {
  app_name: 'shop',
  position: { epoch: 1, revision: 1 },
  deleted: false,
  silence: { now: 1_000, listened_ms: 10_000_000 },
};

/** How every `FleetStore` bounds a page by its reports. An adapter calls it in a spec of its own. */
export function describeReportPages(kind: string, create: CreateDatabase): void {
  describe(`pages of reports on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let fleet: FleetStore;
    /** Saves workers whose reports have so many characters, by id. */
    const put = async (sizes: Record<string, number>) => {
      const workers = Object.keys(sizes).map((id) => workerOf(id, { apps: [appOn('shop')] }));
      await fleet.saveWorkers(workers.map((after) => ({ before: null, after })));
      for (const [worker_id, size] of Object.entries(sizes)) {
        const report = reportOf({ worker_id, notices: ['x'.repeat(size)] });
        await fleet.saveReports([{ report, boot: 1, received_at: 1 }]);
      }
    };
    const page = async (limit: number, after?: string) => {
      const order: AppPageQuery['order'] = { by: 'worker_id', ...(after === undefined ? {} : { after }) };
      const { rows, more } = await fleet.appPage(VIEW, { limit, order });
      for (const { worker, report } of rows) expect(report?.report.worker_id).toBe(worker.worker_id);
      return { ids: rows.map(({ worker }) => worker.worker_id), more };
    };

    beforeEach(async () => {
      database = await create();
      ({ fleet } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    it('end where there are no more workers, or as many as were asked for', async () => {
      await put({ a: 1, b: 1, c: 1 });
      expect(await page(2)).toEqual({ ids: ['a', 'b'], more: true });
      expect(await page(3)).toEqual({ ids: ['a', 'b', 'c'], more: false });
      expect(await page(2, 'b')).toEqual({ ids: ['c'], more: false });
      expect(await page(2, 'c')).toEqual({ ids: [], more: false });
    });

    it('end early where reports are large, but never before the first', async () => {
      await put({ a: 2_000_000, b: 2_000_000, c: 2_000_000, d: 5_000_000, e: 1 });
      expect(await page(9)).toEqual({ ids: ['a', 'b'], more: true });
      expect(await page(9, 'b')).toEqual({ ids: ['c'], more: true });
      expect(await page(9, 'c')).toEqual({ ids: ['d'], more: true });
      expect(await page(9, 'd')).toEqual({ ids: ['e'], more: false });
    });
  });
}
