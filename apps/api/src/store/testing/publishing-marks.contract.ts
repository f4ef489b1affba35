import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppStore, VerificationClaim } from '../app-store.js';
import type { CreateDatabase, DatabaseUnderTest } from './database-under-test.js';
import { recordOf, tombstoneOf } from './records.js';

/** What every `AppStore` remembers about publishing. An adapter calls it in a spec of its own. */
export function describePublishingMarks(kind: string, create: CreateDatabase): void {
  describe(`marks of publishing on ${kind}`, () => {
    let database: DatabaseUnderTest;
    let apps: AppStore;
    const mark = (revision: number, epoch = 1, verified_at = 0) => ({ epoch, revision, verified_at });
    /** Of what was verified before this, at this time and for 30 ms. */
    const claim = (before: number, now: number, more: Partial<VerificationClaim> = {}) => ({
      ...{ after: -now, before, until: now + 30, limit: 100 },
      ...more,
    });
    const behind = async (region: string, epoch = 1) => (await apps.behind(region, epoch, 100)).sort();

    beforeEach(async () => {
      database = await create();
      ({ apps } = await database.open());
    });

    afterEach(async () => {
      await database.destroy();
    });

    it('a record is behind in a region until this epoch and revision are marked there', async () => {
      await apps.insert(recordOf('a'));
      await apps.insert(recordOf('b'));
      await apps.insert(tombstoneOf('gone'));
      expect(await behind('eu')).toEqual(['a', 'b', 'gone']);
      await apps.markPublished('a', 'eu', mark(1));
      await apps.markPublished('gone', 'eu', mark(1));
      expect(await behind('eu')).toEqual(['b']);
      expect(await behind('us')).toEqual(['a', 'b', 'gone']);
      expect(await behind('eu', 2)).toEqual(['a', 'b', 'gone']);
      await apps.replace(recordOf('a', { revision: 2 }), 1);
      expect(await behind('eu')).toEqual(['a', 'b']);
      await apps.markPublished('a', 'eu', mark(2));
      await apps.markPublished('b', 'eu', mark(1));
      expect(await behind('eu')).toEqual([]);
      expect(await apps.behind('us', 1, 2)).toHaveLength(2);
    });

    it('all that is behind is counted, with the time of the longest waiting', async () => {
      const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
      expect(await apps.outbox('eu', 1)).toEqual({ apps: 0, oldest: null });
      await apps.insert(recordOf('a', { updated_at: at(3) }));
      await apps.insert(recordOf('b', { updated_at: at(2) }));
      await apps.insert(tombstoneOf('gone', { updated_at: at(4) }));
      expect(await apps.outbox('eu', 1)).toEqual({ apps: 3, oldest: at(2) });
      await apps.markPublished('b', 'eu', mark(1));
      expect(await apps.outbox('eu', 1)).toEqual({ apps: 2, oldest: at(3) });
      expect(await apps.outbox('us', 1)).toEqual({ apps: 3, oldest: at(2) });
      expect(await apps.outbox('eu', 2)).toEqual({ apps: 3, oldest: at(2) });
    });

    it('the revisions of all apps that are not deleted are known', async () => {
      await apps.insert(recordOf('a.b', { revision: 7 }));
      await apps.insert(recordOf('z'));
      await apps.insert(tombstoneOf('gone', { revision: 3 }));
      expect(await apps.currentRevisions()).toEqual(
        new Map([
          ['a.b', 7],
          ['z', 1],
        ]),
      );
    });

    it('regions have any name', async () => {
      await apps.insert(recordOf('a'));
      const names = [
        'eu.west-1',
        '$x',
        "o'hara",
        'a"b',
        '',
        '%',
        'a%2Eb',
        'Zürich 1',
        '0',
        'constructor',
        '__proto__',
      ];
      for (const region of names) {
        expect(await behind(region)).toEqual(['a']);
        await apps.markPublished('a', region, mark(1));
        expect(await behind(region)).toEqual([]);
      }
      const published = names.map((region) => [region, mark(1)]);
      expect((await apps.get('a'))?.published).toEqual(Object.fromEntries(published));
      for (const region of names) await apps.clearPublished('a', region);
      expect((await apps.get('a'))?.published).toEqual({});
    });

    it('a mark of another revision than the record has is not set', async () => {
      await apps.insert(recordOf('a', { revision: 3 }));
      await apps.markPublished('a', 'eu', mark(2));
      await apps.markPublished('a', 'eu', mark(4));
      await apps.markPublished('none', 'eu', mark(1));
      expect((await apps.get('a'))?.published).toEqual({});
      expect(await apps.get('none')).toBeNull();
      await apps.markPublished('a', 'eu', mark(3, 1, 77));
      await apps.markPublished('a', 'us', mark(3, 1, 78));
      await apps.markPublished('a', 'eu', mark(3, 2, 79));
      expect((await apps.get('a'))?.published).toEqual({ eu: mark(3, 2, 79), us: mark(3, 1, 78) });
    });

    it('a cleared mark makes the record behind again, there alone', async () => {
      await apps.insert(recordOf('a'));
      await apps.markPublished('a', 'eu', mark(1));
      await apps.markPublished('a', 'us', mark(1));
      await apps.clearPublished('a', 'eu');
      expect(await behind('eu')).toEqual(['a']);
      expect(await behind('us')).toEqual([]);
      expect(await apps.claimVerification('eu', claim(1_000, 1_000))).toEqual([]);
      await apps.clearPublished('none', 'eu');
    });

    it('what is due for verification is claimed once, by one alone', async () => {
      const other = (await database.open()).apps;
      const all = Array.from({ length: 60 }, (_, index) => `app-${index + 10}`);
      for (const name of all) {
        await apps.insert(recordOf(name, { published: { eu: mark(1, 1, 100), us: mark(1, 1, 100) } }));
      }
      await apps.insert(recordOf('fresh', { published: { eu: mark(1, 1, 500) } }));
      await apps.insert(recordOf('never'));
      expect(await apps.claimVerification('eu', claim(100, 900))).toEqual([]);
      const claims = await Promise.all(
        [apps, other, apps, other, apps, other].map((store) =>
          store.claimVerification('eu', claim(500, 900, { limit: 15 })),
        ),
      );
      for (const claim of claims) expect(claim.length).toBeLessThanOrEqual(15);
      // Who is given less than was asked for knows that there is no more, however many ask at a time.
      expect(claims.flat().sort()).toEqual(all);
      expect(await apps.claimVerification('eu', claim(500, 900))).toEqual([]);
      expect((await apps.get('app-10'))?.published).toEqual({ eu: mark(1, 1, -930), us: mark(1, 1, 100) });
      expect((await apps.get('fresh'))?.published).toEqual({ eu: mark(1, 1, 500) });
      expect(await apps.claimVerification('us', claim(101, 1_000))).toHaveLength(60);
      // While the claims last, there is but the one that nobody has claimed.
      expect(await apps.claimVerification('eu', claim(901, 930))).toEqual(['fresh']);
      expect(await apps.claimVerification('eu', claim(901, 931))).toHaveLength(60);
    });

    it('a claim ends when it is noted, or by itself, and then its owner may leave it to others', async () => {
      for (const name of ['a', 'b', 'c'])
        await apps.insert(recordOf(name, { published: { eu: mark(1, 1, 100), us: mark(1, 1, 100) } }));
      await apps.insert(recordOf('never'));
      expect(await apps.claimVerification('eu', claim(500, 900))).toHaveLength(3);
      await apps.noteVerified('eu', ['a', 'b', 'never', 'none'], 910);
      expect((await apps.get('a'))?.published).toEqual({ eu: mark(1, 1, 910), us: mark(1, 1, 100) });
      expect((await apps.get('never'))?.published).toEqual({});
      const later = { except: ['c'] };
      expect(await apps.claimVerification('eu', claim(910, 1_000, later))).toEqual([]);
      expect(await apps.claimVerification('eu', claim(910, 1_000))).toEqual(['c']);
      expect(await apps.claimVerification('eu', claim(911, 1_000, later))).toHaveLength(2);
      // A later comparison has been noted already.
      await apps.noteVerified('eu', ['b', 'c'], 1_200);
      await apps.noteVerified('eu', ['b', 'c'], 1_100);
      expect((await apps.get('b'))?.published['eu']).toEqual(mark(1, 1, 1_200));
      await apps.markPublished('a', 'eu', mark(1, 1, 1_300));
      expect(await apps.claimVerification('eu', claim(1_200, 2_000))).toEqual([]);
    });

    it('what was noted or claimed by a clock that was ahead is claimed by what it has, and noted as it is then', async () => {
      const ahead = { noted: 90_000, claimed: -90_000, right: 800, 'claimed by another': -940 };
      for (const [name, verified_at] of Object.entries(ahead))
        await apps.insert(recordOf(name, { published: { eu: mark(1, 1, verified_at) } }));
      expect(await apps.claimVerification('eu', claim(900, 900))).toEqual(['right']);
      const noted = { after: 1_000, before: Number.MAX_SAFE_INTEGER };
      expect(await apps.claimVerification('eu', claim(0, 900, noted))).toEqual(['noted']);
      const claimed = { after: Number.MIN_SAFE_INTEGER, before: -1_000 };
      expect(await apps.claimVerification('eu', claim(0, 900, claimed))).toEqual(['claimed']);
      for (const range of [noted, claimed])
        expect(await apps.claimVerification('eu', claim(0, 900, range))).toEqual([]);
      await apps.noteVerified('eu', ['noted', 'claimed'], 910);
      for (const name of ['noted', 'claimed'])
        expect((await apps.get(name))?.published).toEqual({ eu: mark(1, 1, 910) });
    });

    it('the highest revision of all that was purged is remembered', async () => {
      const purge = (app_name: string, revision: number) => apps.purge({ app_name, revision });
      expect(await apps.highestPurged()).toBe(0);
      await apps.insert(tombstoneOf('old', { revision: 7 }));
      await apps.insert(tombstoneOf('older', { revision: 9 }));
      expect([await purge('older', 9), await apps.highestPurged()]).toEqual([true, 9]);
      expect([await purge('old', 7), await apps.highestPurged()]).toEqual([true, 9]);
      await apps.insert(tombstoneOf('old', { revision: 10 }));
      expect([await purge('old', 10), await apps.highestPurged()]).toEqual([true, 10]);
      expect(await apps.epoch()).toBe(1);
    });

    it('old tombstones are known, with where they are published, and nothing else', async () => {
      const published = { eu: mark(1), 'us.1': mark(1, 2, 77) };
      await apps.insert(tombstoneOf('old', { updated_at: '2026-01-01T00:00:00.000Z', published }));
      await apps.insert(tombstoneOf('older', { revision: 3, updated_at: '2025-12-31T23:59:59.999Z' }));
      await apps.insert(tombstoneOf('young', { updated_at: '2026-02-01T00:00:00.000Z' }));
      await apps.insert(recordOf('app', { updated_at: '2026-01-01T00:00:00.000Z' }));
      const old = await apps.oldTombstones('2026-01-15T00:00:00.000Z');
      expect(old.toSorted((a, b) => a.app_name.localeCompare(b.app_name))).toMatchObject([
        { app_name: 'old', revision: 1, published },
        { app_name: 'older', revision: 3, published: {} },
      ]);
    });

    it('a tombstone is purged, with its marks, unless the app is another by then, which keeps its history', async () => {
      const kept = async () => (await apps.revisions('again', { limit: 10 })).map(({ revision }) => revision);
      await apps.insert(tombstoneOf('old', { published: { eu: mark(1) } }));
      await apps.insert(tombstoneOf('again', { revision: 2 }));
      await apps.replace(recordOf('again', { revision: 3 }), 2);
      await apps.insert(recordOf('app'));
      expect(await apps.purge({ app_name: 'old', revision: 2 })).toBe(false);
      expect(await apps.purge({ app_name: 'old', revision: 1 })).toBe(true);
      expect(await apps.purge({ app_name: 'old', revision: 1 })).toBe(false);
      expect(await apps.get('old')).toBeNull();
      for (const revision of [2, 3]) expect(await apps.purge({ app_name: 'again', revision })).toBe(false);
      expect(await apps.purge({ app_name: 'app', revision: 1 })).toBe(false);
      expect(await apps.get('again')).toMatchObject({ revision: 3, deleted: false });
      expect(await kept()).toEqual([2]);
      expect(await apps.get('app')).toMatchObject({ deleted: false });
      expect(await apps.insert(recordOf('old'))).toBe(true);
      expect((await apps.get('old'))?.published).toEqual({});
    });
  });
}
