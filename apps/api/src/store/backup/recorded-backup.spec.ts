import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DatabaseUnderTest, Stores } from '../testing/database-under-test.js';
import {
  expectRecorded,
  NEWEST_VERSION,
  RECORDED_VERSIONS,
  recordedText,
  recordedToken,
  writeRecorded,
} from '../testing/recorded-databases.js';
import { createSqliteDatabase } from '../testing/sqlite-under-test.js';
import type { BackupHeader } from './backup-format.js';
import { backupText, parsedBackup } from './backup-text.js';
import { restore } from './restore.js';
import { storedEntries } from './stored-entries.js';

let database: DatabaseUnderTest;
let stores: Stores;
beforeEach(async () => {
  database = await createSqliteDatabase();
  stores = await database.open();
});
afterEach(async () => await database.destroy());

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.trimEnd().split('\n');
}

describe.each(RECORDED_VERSIONS)('a backup of version %s', (version) => {
  it('is brought in as it was meant', async () => {
    const entries = parsedBackup(linesOf(recordedText(version, 'backup.jsonl')));
    expect(await restore({ apps: stores.raw, tokens: stores.tokens }, entries, 0)).toEqual({
      ...{ apps: 2, revisions: 1, tokens: 1 },
    });
    const { record } = recordedToken(version);
    expect(await stores.tokens.get(record.name)).toEqual(record);
    // A restore raises the epoch, and knows nothing of what the feeds have.
    await expectRecorded(version, { apps: stores.raw, fleet: null }, { isRestored: true });
  });
});

it('this version makes the backup that the newest recorded one has made; else it needs a recording of its own', async () => {
  await writeRecorded(NEWEST_VERSION, { ...stores, apps: stores.raw });
  const recorded = recordedText(NEWEST_VERSION, 'backup.jsonl');
  const { program, made_at } = JSON.parse(recorded.split('\n')[0] ?? '') as BackupHeader;
  let written = '';
  const entries = storedEntries({ apps: stores.raw, tokens: stores.tokens });
  for await (const line of backupText(entries, { program, made_at })) written += line;
  expect(written).toBe(recorded);
});
