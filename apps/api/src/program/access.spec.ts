import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StartError } from '@nebula/lifecycle';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessOptions } from './access-options.js';
import { type ApiConfiguration, loadApiConfiguration } from './configuration.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-access-'));
  file = join(folder, 'conf.json');
  await writeFile(file, '{}');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const TOKEN = 'hunter2-hunter2-hunter2-hunter2-';
const USER = { BASIC_AUTH_USER: 'admin', BASIC_AUTH_PASSWORD: 'hunter2' };
const HASH =
  '$argon2id$v=19$m=256,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$Wm9vbmVvbmVvbmVvbmVvbmVvbmVvbmVvbmVvbmVvbmU';

const load = (environment: Record<string, string>): ApiConfiguration =>
  loadApiConfiguration({
    environment: {
      RABBIT_HOST: 'r',
      RABBIT_USER: 'u',
      RABBIT_PASSWORD: 'p',
      SQLITE_FILE: 'x.db',
      ...environment,
    },
    file,
  });

async function problemsOf(run: () => unknown): Promise<readonly string[]> {
  try {
    await run();
  } catch (error) {
    if (error instanceof StartError) return error.problems;
    throw error;
  }
  return [];
}

describe('an api that listens elsewhere than on the loopback', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', 'nebula.example', '128.0.0.1'])(
    'needs a login: %s',
    async (host) => {
      const [problem, ...more] = await problemsOf(() => load({ API_HOST: host }));
      expect(more).toEqual([]);
      for (const words of [host, 'basic_auth_user', 'auth_token', '127.0.0.1', 'auth_enabled'])
        expect(problem).toContain(words);
      expect(problem).not.toContain('\n');
    },
  );

  it.each([{ ...USER }, { AUTH_TOKEN: TOKEN }, { AUTH_ENABLED: 'false' }])('may with %j', (environment) => {
    expect(load({ API_HOST: '0.0.0.0', ...environment }).api_host).toBe('0.0.0.0');
  });

  it('may do so on the loopback, whatever that is called', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(load({ API_HOST: host }).api_host).toBe(host);
  });
});

describe('what is wrong with credentials, certificates and proxies is said in a line, without a secret', () => {
  it.each<[Record<string, string>, RegExp]>([
    [{ BASIC_AUTH_USER: 'admin' }, /^basic_auth_user and basic_auth_password belong together/],
    [{ BASIC_AUTH_PASSWORD: 'hunter2' }, /^basic_auth_user and basic_auth_password belong together/],
    [{ ...USER, BASIC_AUTH_USER: 'a:b' }, /^basic_auth_user has a ":"/],
    [{ ...USER, BASIC_AUTH_PASSWORD: '$argon2i$hunter2' }, /^basic_auth_password begins like a hash/],
    [{ AUTH_TOKEN: 'hunter2' }, /^auth_token is shorter than 32 characters/],
    [{ AUTH_TOKEN: `${TOKEN} x` }, /^auth_token must be of printable ASCII/],
    [{ TLS_CERT: 'x.pem' }, /^tls_cert and tls_key belong together/],
    [{ TRUSTED_PROXIES: '10.0.0.0/33' }, /^trusted_proxies: "10\.0\.0\.0\/33" must be an address/],
    [{ TRUSTED_PROXIES: 'proxy.example' }, /^trusted_proxies: "proxy\.example" must be an address/],
    [{ CORS_ORIGINS: 'https://a.example/' }, /^cors_origins: "https:\/\/a\.example\/" must be an origin/],
    [{ CORS_ORIGINS: '*' }, /^cors_origins: "\*" must be an origin/],
    [{ RATE_LIMIT_PER_MINUTE: '-1' }, /^RATE_LIMIT_PER_MINUTE is "-1"/],
    [{ AUTH_ENABLED: 'no' }, /^AUTH_ENABLED is "no" but must be true or false/],
  ])('%j', async (environment, message) => {
    const problems = await problemsOf(() => load(environment));
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('when a file can not be read, or is something else', async () => {
    const missing = join(folder, 'none.pem');
    const pem = { TLS_CERT: file, TLS_KEY: file };
    expect(await problemsOf(() => accessOptions(load({ ...pem, TLS_CERT: missing })))).toEqual([
      expect.stringContaining(`tls_cert: ${missing} can't be read`),
    ]);
    expect(await problemsOf(() => accessOptions(load(pem)))).toEqual([
      expect.stringMatching(/^tls_cert, tls_key: they are no certificate and its key in PEM/),
    ]);
  });

  it('when a key is given in place of the name of its file', async () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n';
    for (const TLS_KEY of [pem, pem.replaceAll('\n', ' '), 'hunter2\nhunter2', 'hunter2\0'])
      expect(await problemsOf(() => accessOptions(load({ TLS_CERT: file, TLS_KEY })))).toEqual([
        'tls_key: it must be the name of a file, not its content',
      ]);
    // Without its first line it looks like a name; the system's own message would have it again.
    const long = 'hunter2'.repeat(1_000);
    expect(await problemsOf(() => accessOptions(load({ TLS_CERT: file, TLS_KEY: long })))).toEqual([
      'tls_key: it must be the name of a file, not its content',
    ]);
  });

  it('when a hash wants more memory than there is', async () => {
    const BASIC_AUTH_PASSWORD = HASH.replace('m=256', 'm=9999999').replace('t=1,p=1', 't=1,p=99');
    const problems = await problemsOf(() =>
      accessOptions(load({ ...USER, BASIC_AUTH_PASSWORD: BASIC_AUTH_PASSWORD.replace('p=99', 'p=0') })),
    );
    expect(problems).toEqual([
      expect.stringMatching(/^basic_auth_password: the hash can't be compared with: /),
    ]);
  });
});

describe('the options of the api', () => {
  it('have the credentials that are set, and the limit of requests with them alone', async () => {
    expect(await accessOptions(load({ ...USER, AUTH_TOKEN: TOKEN, API_NAMES: 'n.example' }))).toEqual({
      login: { administrator: { user: 'admin', password: 'hunter2' }, auth_token: TOKEN },
      http: { trusted_proxies: [], cors_origins: [], rate_limit_per_minute: 6_000 },
      names: ['n.example'],
    });
    const { login } = await accessOptions(load({ ...USER, BASIC_AUTH_PASSWORD: HASH }));
    expect(login).toEqual({ administrator: { user: 'admin', password: HASH } });
    expect(await accessOptions(load({}))).toMatchObject({ http: { rate_limit_per_minute: 0 } });
  });

  it('have no login when that is not wanted, whatever is set', async () => {
    const options = await accessOptions(load({ ...USER, AUTH_TOKEN: TOKEN, AUTH_ENABLED: 'false' }));
    expect(options).not.toHaveProperty('login');
    expect(options.http?.rate_limit_per_minute).toBe(0);
  });
});
