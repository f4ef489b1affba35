import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SEARCHED_LINES } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { ApiLog } from '../../api-log.js';
import { AppStore } from '../app-store.js';
import { FleetStore } from '../fleet-store.js';
import { StoreModule } from '../store.module.js';
import { describeAppHistory } from '../testing/app-history.contract.js';
import { describeAppMemory } from '../testing/app-memory.contract.js';
import { describeAppRollout } from '../testing/app-rollout.contract.js';
import { describeAppStore } from '../testing/app-store.contract.js';
import { describeBackup } from '../testing/backup.contract.js';
import { describePublishingMarks } from '../testing/publishing-marks.contract.js';
import { describeReportPages } from '../testing/report-pages.contract.js';
import { recordOf, workerOf } from '../testing/records.js';
import { describeSecrets } from '../testing/secrets.contract.js';
import { createSqliteDatabase } from '../testing/sqlite-under-test.js';
import { describeTokenStore } from '../testing/tokens.contract.js';
import { describeWorkerRecords } from '../testing/worker-records.contract.js';
import { APP_QUERIES } from './app-queries.js';
import { FLEET_QUERIES } from './fleet-queries.js';
import type { Query } from './query.js';
import { SqliteAppStore } from './sqlite-app-store.js';
import { modeOf, SqliteFile } from './testing/sqlite-file.js';
import { TOKEN_QUERIES } from './token-queries.js';
import { WORKER_QUERIES } from './worker-queries.js';

describeAppStore('SQLite', createSqliteDatabase);
describeAppHistory('SQLite', createSqliteDatabase);
describeAppMemory('SQLite', createSqliteDatabase);
describeBackup('SQLite', createSqliteDatabase);
describePublishingMarks('SQLite', createSqliteDatabase);
describeWorkerRecords('SQLite', createSqliteDatabase);
describeAppRollout('SQLite', createSqliteDatabase);
describeReportPages('SQLite', createSqliteDatabase);
describeSecrets('SQLite', createSqliteDatabase);
describeTokenStore('SQLite', createSqliteDatabase);

@Module({ providers: [{ provide: ApiLog, useValue: SEARCHED_LINES }], exports: [ApiLog] })
class Surroundings {}

describe('a SQLite file', () => {
  let sqlite: SqliteFile;
  beforeEach(async () => {
    sqlite = await SqliteFile.create();
  });
  afterEach(async () => await sqlite.remove());

  it("and all beside it are the owner's alone, whatever the umask", async () => {
    const umask = process.umask(0);
    try {
      await new SqliteAppStore(sqlite.open()).insert(recordOf('shop'));
    } finally {
      process.umask(umask);
    }
    expect(await modeOf(join(sqlite.path, '..'))).toBe('700');
    for (const ending of ['', '-wal', '-shm']) expect(await modeOf(sqlite.path + ending)).toBe('600');
  });

  it('that others could read is closed to them', async () => {
    sqlite.open().close();
    await chmod(sqlite.path, 0o644);
    await new SqliteAppStore(sqlite.open()).insert(recordOf('shop'));
    for (const ending of ['', '-wal', '-shm']) expect(await modeOf(sqlite.path + ending)).toBe('600');
  });

  it('is flushed to the disk with every accepted change', () => {
    const database = sqlite.open();
    const setting = () => database.read<Record<string, unknown>>({ sql: 'PRAGMA synchronous' });
    expect(setting()).toEqual([{ synchronous: 2 }]);
    expect(database.read({ sql: 'PRAGMA journal_mode' })).toEqual([{ journal_mode: 'wal' }]);
    // The marks aren't; the changes after them are again, whatever happened.
    database.change({ sql: 'UPDATE epoch SET value = 2' }, {}, 'process-end');
    expect(() => database.change({ sql: 'UPDATE epoch SET only = 2' }, {}, 'process-end')).toThrow();
    expect(setting()).toEqual([{ synchronous: 2 }]);
  });

  it.each(
    [APP_QUERIES, WORKER_QUERIES, FLEET_QUERIES, TOKEN_QUERIES]
      .flatMap((queries) => Object.entries<Query>(queries))
      .filter(([, { index }]) => index),
  )('serves %s by its index', (_name, { sql, index = '' }) => {
    const plan = sqlite.open().read<{ detail: string }>({ sql: `EXPLAIN QUERY PLAN ${sql}` });
    const [, name = ''] = /EXISTS (\w+)/.exec(index) ?? [];
    expect(plan.map(({ detail }) => detail).join('\n')).toContain(`INDEX ${name}`);
  });

  it('that was closed can be copied alone', async () => {
    const database = sqlite.open();
    await new SqliteAppStore(database).insert(recordOf('shop'));
    database.close();
    const copy = join(sqlite.folder, 'copy.db');
    await copyFile(sqlite.path, copy);
    sqlite.path = copy;
    expect(await new SqliteAppStore(sqlite.open()).get('shop')).toEqual(recordOf('shop'));
  });

  it('is opened by the module and closed with the application', async () => {
    const module = await Test.createTestingModule({
      imports: [
        { module: Surroundings, global: true },
        await StoreModule.forRoot({ kind: 'sqlite', path: sqlite.path }),
      ],
    }).compile();
    const store = module.get(AppStore);
    await store.insert(recordOf('shop'));
    expect(await module.get(FleetStore).saveWorkers([{ before: null, after: workerOf('a') }])).toEqual([
      true,
    ]);
    await module.init();
    await module.close();
    await expect(store.get('shop')).rejects.toThrow(/is closed/);
    expect(await new SqliteAppStore(sqlite.open()).get('shop')).toEqual(recordOf('shop'));
  });
});
