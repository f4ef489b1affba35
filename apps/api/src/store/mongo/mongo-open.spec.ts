import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { StoreUnavailableError } from '../app-store.js';
import { MongoAppStore } from './mongo-app-store.js';
import { MongoDatabase } from './mongo-database.js';

const LIMITS = { reading: 1_000, call: 2_000, selection: 1_000, silence: 1_000, majority: 1_000 };

const lines: string[] = [];
const note = (message: string, fields?: Record<string, unknown>) => {
  searchLogged(message, fields);
  lines.push(`${message}: ${String(fields?.['reason'])}`);
};
let database: MongoDatabase | undefined;

afterEach(async () => {
  lines.length = 0;
  await database?.close();
});

describe('a database that can not even be looked for is away', () => {
  it.each([
    ['as nobody knows the name', 'mongodb+srv://u:hunter2@no-such.invalid/', /MongoDB at no-such\.invalid /],
    [
      'as the file of the authority can not be read',
      'mongodb://u:hunter2@127.0.0.1:1/?tls=true&tlsCAFile=%2Fnone.pem',
      /MongoDB at 127\.0\.0\.1:1 can't be reached \(ENOENT.*none\.pem/,
    ],
  ])('%s', async (_why, url, message) => {
    database = new MongoDatabase({ url, database: 'nebula' }, { info: note, warn: note }, LIMITS);
    const store = new MongoAppStore(database);
    // Each of these asks for an index as well.
    const behind = () => store.behind('eu', 1, 1);
    for (const call of [() => store.get('shop'), behind, behind]) {
      const error = await call().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(String(error)).toMatch(message);
      expect(String(error)).not.toContain('hunter');
    }
    expect(await store.problem()).toMatch(message);
    expect(lines).toEqual([expect.stringMatching(/^the database is away: /)]);
  });
});

it('a look that has less time than the work makes no line that it was too short', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const url = `mongodb://127.0.0.1:${port}/`;
  const limits = { ...LIMITS, call: 2_500, selection: 2_000 };
  database = new MongoDatabase({ url, database: 'nebula' }, { info: note, warn: note }, limits);
  const store = new MongoAppStore(database);
  const working = store.epoch();
  try {
    expect(await store.problem()).toBe(`MongoDB at 127.0.0.1:${port} gave no answer within 1.5 s`);
    expect(lines).toEqual([]);
    await expect(working).rejects.toThrow(/can't be reached/);
    expect(lines).toEqual([expect.stringMatching(/^the database is away: MongoDB at .* can't be reached/)]);
    // From then on the look has a reason to tell.
    expect(await store.problem()).toMatch(/can't be reached/);
  } finally {
    silent.close();
  }
});
