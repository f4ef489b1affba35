import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FILE_KEYS } from '@nebula/configuration';
import { StartError } from '@nebula/lifecycle';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapters } from './adapters.js';
import { API_KEYS, loadApiConfiguration } from './configuration.js';
import { apiHelp } from './help.js';
import { loadRestoreConfiguration, loadStoreConfiguration } from './run-backup.js';
import { loadSetupConfiguration, SETUP_KEYS } from './setup-configuration.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-configuration-'));
  file = join(folder, 'conf.json');
  await writeFile(file, '{}');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const BROKER = { RABBIT_HOST: 'rabbit', RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: 'hunter2' };
const WHOLE = { ...BROKER, MONGO_URL: 'mongodb://u:hunter3@db/' };

const load = (environment: Record<string, string>) => loadApiConfiguration({ environment, file });

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof StartError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration of the api', () => {
  it.each(Object.keys(API_KEYS))('shows no password of an address that is given as %s', (name) => {
    // A comma and a "/" cut it in pieces where a list or a path is expected.
    for (const address of [
      'amqp://u:qvxz@box:5672/a b',
      'amqp://u:qv,xz@box',
      'amqp://u:qv/xz@',
      'http://qvxz@box',
    ])
      expect(problemsOf(() => load({ ...WHOLE, [name.toUpperCase()]: address })).join()).not.toMatch(/qv|xz/);
  });

  it('needs a database and a broker', () => {
    expect(problemsOf(() => load({})).map((line) => line.split(' ')[0])).toEqual([
      'rabbit_host',
      'rabbit_user',
      'rabbit_password',
    ]);
    expect(problemsOf(() => load(BROKER))).toEqual([expect.stringMatching(/^mongo_url is missing/)]);
    expect(load(WHOLE)).toMatchObject({ api_host: '127.0.0.1', api_port: 8000, schema_name: 'nebula' });
    expect(load(WHOLE)).toMatchObject({ rabbit_reconnect_max_seconds: 10 });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'an address of another kind',
      { MONGO_URL: 'http://u:hunter3@db' },
      /^mongo_url must begin with mongodb:\/\//,
    ],
    ['two databases', { SQLITE_FILE: 'x.db' }, /^mongo_url and sqlite_file are both set/],
    ['a name that no database can have', { SCHEMA_NAME: 'a b' }, /^schema_name is "a b" but must be/],
    [
      'a key for secrets that is too short',
      { SECRET_KEYS: 'k1:aHVudGVyMg==' },
      /^secret_keys: item 1 must be <id>:/,
    ],
    ['a region with a slash', { RABBIT_REGION: 'eu/1' }, /^rabbit_region is "eu\/1"/],
    ['a URL as node of RabbitMQ', { RABBIT_HOST: 'amqp://u:hunter4@rabbit' }, /^rabbit_host holds/],
    [
      'a node of RabbitMQ with no such port',
      { RABBIT_HOST: 'h:99999' },
      /^rabbit_host: an entry is "h:99999"/,
    ],
    ['a port that is none', { API_PORT: '70000' }, /^API_PORT is "70000" but must be a whole number/],
  ])('says what is wrong with %s, without a secret', (_what, change, message) => {
    const problems = problemsOf(() => load({ ...WHOLE, ...change }));
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toContain('hunter');
  });

  it('may stand in one file with the keys of all other programs, which know its own', async () => {
    expect(FILE_KEYS).toEqual(expect.arrayContaining([...Object.keys(API_KEYS), ...Object.keys(SETUP_KEYS)]));
    const others = Object.fromEntries(FILE_KEYS.filter((key) => !(key in API_KEYS)).map((key) => [key, 'x']));
    await writeFile(file, JSON.stringify(others));
    expect(Object.keys(load(WHOLE)).sort()).toEqual(Object.keys(API_KEYS).sort());
    await writeFile(file, JSON.stringify({ ...others, mongo_ur: 'x' }));
    expect(problemsOf(() => load(WHOLE))).toEqual([
      expect.stringMatching(/^"mongo_ur" in .* is not a known key; did you mean "mongo_url"\?$/),
    ]);
  });

  it('decides which database is used', async () => {
    const chosen = [adapters(load(WHOLE)), adapters(load({ ...BROKER, SQLITE_FILE: 'x.db' }))];
    expect(chosen.map(({ store }) => store)).toEqual([
      { kind: 'mongo', url: WHOLE.MONGO_URL, database: 'nebula' },
      { kind: 'sqlite', path: 'x.db' },
    ]);
    for (const { close } of chosen) await close();
  });

  it('refuses a file of SQLite where that was left out, and names none', () => {
    // As esbuild puts it into a bundle.
    Object.assign(globalThis, { NEBULA_HAS_SQLITE: false });
    try {
      const expected = [
        expect.stringMatching(/^sqlite_file: .* without SQLite; set mongo_url .*\(npm run api\)$/),
      ];
      for (const more of [{}, { MONGO_URL: WHOLE.MONGO_URL }]) {
        const environment = { ...BROKER, SQLITE_FILE: 'x.db', ...more };
        expect(problemsOf(() => load(environment))).toEqual(expected);
        expect(problemsOf(() => loadStoreConfiguration({ environment, file }))).toEqual(expected);
        expect(problemsOf(() => loadRestoreConfiguration({ environment, file }))).toEqual(expected);
      }
      expect(problemsOf(() => load(BROKER))).toEqual([
        'mongo_url is missing: set it to the address of MongoDB',
      ]);
      expect(problemsOf(() => load(WHOLE))).toEqual([]);
    } finally {
      Reflect.deleteProperty(globalThis, 'NEBULA_HAS_SQLITE');
    }
  });

  it('has the broker kept set up when an administrator is known', async () => {
    const ADMIN = {
      RABBIT_ADMIN_USER: 'admin',
      RABBIT_ADMIN_PASSWORD: 'hunter4',
      RABBIT_HOST: '127.0.0.1:1',
    };
    const nowhere = { RABBIT_MANAGEMENT_URL: 'http://127.0.0.1:1' };
    const chosen = [WHOLE, { ...WHOLE, RABBIT_ADMIN_USER: 'admin' }, { ...WHOLE, ...ADMIN, ...nowhere }].map(
      (environment) => adapters(load(environment)),
    );
    expect(chosen.map(({ readiness }) => readiness?.map(({ name }) => name))).toEqual([[], [], ['broker']]);
    for (const { close } of chosen) await close();
    const wrong = { RABBIT_MANAGEMENT_URL: 'http://admin:hunter5@rabbit:15672' };
    expect(problemsOf(() => load({ ...WHOLE, ...ADMIN, ...wrong }))).toEqual([
      expect.stringMatching(/^rabbit_management_url must hold no user/),
    ]);
    // It may stand there for the set-up, with an administrator that is given there.
    expect(problemsOf(() => load({ ...WHOLE, ...wrong }))).toEqual([]);
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'administrator',
      { RABBIT_ADMIN_USER: 'nebula-api' },
      ['rabbit_user and rabbit_admin_user are both "nebula-api"'],
    ],
    [
      'workers',
      { RABBIT_USER: 'nebula-worker' },
      ['rabbit_user and rabbit_worker_user are both "nebula-worker"'],
    ],
    [
      'all',
      { RABBIT_USER: 'one', RABBIT_WORKER_USER: 'one', RABBIT_ADMIN_USER: 'one' },
      [
        'rabbit_user and rabbit_worker_user are both "one"',
        'rabbit_user and rabbit_admin_user are both "one"',
        'rabbit_worker_user and rabbit_admin_user are both "one"',
      ],
    ],
  ])('has a user of its own for each where it keeps the broker: not that of %s', (_whose, users, lines) => {
    const KEPT = { ...WHOLE, RABBIT_ADMIN_USER: 'admin', RABBIT_WORKER_PASSWORD: 'hunter5', ...users };
    expect(problemsOf(() => load({ ...KEPT, RABBIT_ADMIN_PASSWORD: 'hunter6' }))).toEqual(
      lines.map((line) => `${line} but must be different: each has rights of its own`),
    );
    // Without an administrator nothing is set up.
    expect(problemsOf(() => load(KEPT))).toEqual([]);
  });

  it('makes no user of workers without their password, so that their name is no matter', () => {
    const kept = { RABBIT_ADMIN_USER: 'admin', RABBIT_ADMIN_PASSWORD: 'hunter6' };
    expect(problemsOf(() => load({ ...WHOLE, ...kept, RABBIT_USER: 'nebula-worker' }))).toEqual([]);
  });

  it('ends the start when a certificate can not be read', () => {
    const missing = join(folder, 'none.pem');
    const environment = { ...WHOLE, RABBIT_SSL: 'true', RABBIT_SSL_CA: missing };
    expect(problemsOf(() => adapters(load(environment)))).toEqual([
      expect.stringContaining(`rabbit_ssl_ca: ${missing} can't be read`),
    ]);
  });

  it('is explained by --help, that of the set-up too', () => {
    for (const name of ['MONGO_URL', 'RABBIT_PASSWORD', 'RABBIT_ADMIN_USER', 'RABBIT_SSL_CA'])
      expect(apiHelp()).toContain(name);
  });
});

describe('the configuration of setup-broker', () => {
  it('needs an administrator and a password for workers', () => {
    const problems = problemsOf(() => loadSetupConfiguration({ environment: BROKER, file }));
    expect(problems.map((line) => line.split(' ')[0])).toEqual([
      'rabbit_admin_user',
      'rabbit_admin_password',
      'rabbit_worker_password',
    ]);
  });

  it('needs different users, of which none would take the rights of another away', () => {
    const passwords = { RABBIT_ADMIN_PASSWORD: 'hunter5', RABBIT_WORKER_PASSWORD: 'hunter6' };
    const environment = { ...BROKER, ...passwords, RABBIT_ADMIN_USER: 'root', RABBIT_WORKER_USER: 'root' };
    expect(problemsOf(() => loadSetupConfiguration({ environment, file }))).toEqual([
      'rabbit_worker_user and rabbit_admin_user are both "root" but must be different: each has rights of its own',
    ]);
  });

  it('may stand in one file with the keys of all other programs', async () => {
    const others = FILE_KEYS.filter((key) => !(key in SETUP_KEYS)).map((key) => [key, 'x']);
    const own = { rabbit_admin_user: 'admin', rabbit_admin_password: 'x', rabbit_worker_password: 'y' };
    await writeFile(file, JSON.stringify({ ...Object.fromEntries(others), ...own }));
    expect(loadSetupConfiguration({ environment: BROKER, file })).toMatchObject([own]);
  });

  it.each([
    'http://admin:hunter5@rabbit:15672',
    'http://admin:Pa@hunter5@rabbit:15672',
    'http://admin:hunter5/x@rabbit:15672',
    'http://admin:5/hunter5@rabbit:15672',
    'http://rabbit:99999',
    'amqp://rabbit',
    'rabbit:15672',
    'http://',
  ])('refuses %s as address of the plugin, and does not show it', (url) => {
    const environment = {
      ...BROKER,
      ...{ RABBIT_ADMIN_USER: 'admin', RABBIT_ADMIN_PASSWORD: 'hunter6', RABBIT_WORKER_PASSWORD: 'hunter7' },
      RABBIT_MANAGEMENT_URL: url,
    };
    const problems = problemsOf(() => loadSetupConfiguration({ environment, file }));
    expect(problems).toEqual([expect.stringMatching(/^rabbit_management_url must /)]);
    expect(problems.join()).not.toContain('hunter');
  });
});
