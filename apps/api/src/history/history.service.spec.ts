import { expect, it, jest } from '@jest/globals';
import type { AppRecord, AppStore } from '../store/app-store.js';
import { createSqliteDatabase } from '../store/testing/sqlite-under-test.js';
import { recordOf, specOf } from '../store/testing/records.js';
import { HistoryService } from './history.service.js';

const NAMES = Array.from({ length: 50 }, (_, index) => `VARIABLE_${index}`);
const REVISIONS = 45;

/** An app with 50 plain variables of which the first few were secrets, each in another revision. */
async function withHistory(work: (store: AppStore, current: AppRecord) => Promise<void>): Promise<void> {
  const database = await createSqliteDatabase();
  try {
    const { apps: store } = await database.open();
    const env_vars = Object.fromEntries(NAMES.map((name) => [name, `of ${name}`]));
    const at = (revision: number) => {
      const secret_env_vars = revision < 4 ? NAMES.slice(revision, revision + 1) : [];
      return recordOf('shop', { revision, spec: specOf('shop', { env_vars, secret_env_vars }) });
    };
    await store.insert(at(1));
    for (let revision = 2; revision <= REVISIONS; revision += 1)
      await store.replace(at(revision), revision - 1);
    await work(store, at(REVISIONS));
  } finally {
    await database.destroy();
  }
}

it('all variables are looked for in one reading of the history, many revisions at a time', async () => {
  await withHistory(async (store, current) => {
    let [open, most] = [0, 0];
    const read = store.revision.bind(store);
    const reading = jest.spyOn(store, 'revision').mockImplementation(async (name, revision) => {
      most = Math.max(most, (open += 1));
      return await read(name, revision).finally(() => (open -= 1));
    });
    const values = new Map(NAMES.map((name) => [name, `of ${name}`]));
    values.set('VARIABLE_2', 'another value');
    expect(await new HistoryService(store).wereSecrets(current, values)).toEqual([
      'VARIABLE_1',
      'VARIABLE_3',
    ]);
    expect(reading).toHaveBeenCalledTimes(REVISIONS - 1);
    expect(most).toBe(20);
  });
});

it('nothing is read where nothing is looked for, or nothing that ever was a secret', async () => {
  await withHistory(async (store, current) => {
    const history = new HistoryService(store);
    const [page, one] = [jest.spyOn(store, 'revisions'), jest.spyOn(store, 'revision')];
    expect(await history.wereSecrets(current, new Map())).toEqual([]);
    expect(await history.wereSecrets(current, new Map([['VARIABLE_9', 'of VARIABLE_9']]))).toEqual([]);
    expect(page).not.toHaveBeenCalled();
    expect(one).not.toHaveBeenCalled();
  });
});

it('a revision, and what differs between two, is read without the rest of the history', async () => {
  await withHistory(async (store) => {
    const history = new HistoryService(store);
    const [page, one] = [jest.spyOn(store, 'revisions'), jest.spyOn(store, 'revision')];
    const { spec } = await history.get('shop', '20');
    const masks = Object.entries(spec?.env_vars ?? {}).filter(([, value]) => value === '***');
    expect(masks.map(([name]) => name)).toEqual(['VARIABLE_1', 'VARIABLE_2', 'VARIABLE_3']);
    expect((await history.diff('shop', 2, 20)).changes).toHaveLength(1);
    expect(one).toHaveBeenCalledTimes(3);
    expect(page).not.toHaveBeenCalled();
  });
});
