import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.js';
import { loadConfiguration } from './load-configuration.js';
import { rabbitConnection } from './rabbit-connection.js';
import { RABBIT_KEYS } from './rabbit-keys.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-rabbit-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const REQUIRED = { RABBIT_HOST: 'a, b:5673', RABBIT_USER: 'nebula', RABBIT_PASSWORD: 'hunter2' };

function connection(environment: Record<string, string> = {}) {
  const file = join(folder, 'conf.json');
  return rabbitConnection(
    loadConfiguration(RABBIT_KEYS, { environment: { ...REQUIRED, ...environment }, file }),
  );
}

function problems(environment: Record<string, string>): readonly string[] {
  try {
    connection(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

beforeEach(async () => {
  await writeFile(join(folder, 'conf.json'), '{}');
});

describe('rabbitConnection', () => {
  it('has several nodes, and no TLS unless asked', () => {
    expect(connection()).toEqual({
      hosts: ['a', 'b:5673'],
      port: 5672,
      user: 'nebula',
      password: 'hunter2',
      vhost: '/',
      heartbeat_seconds: 60,
      reconnect: { longest_ms: 120_000 },
    });
  });

  it('waits for a lost connection as long as it is told', () => {
    expect(connection({ RABBIT_RECONNECT_MAX_SECONDS: '7' }).reconnect).toEqual({ longest_ms: 7_000 });
    const file = join(folder, 'conf.json');
    const keys = loadConfiguration(RABBIT_KEYS, { environment: REQUIRED, file });
    expect(rabbitConnection({ ...keys, rabbit_reconnect_spread_seconds: 9 }).reconnect).toEqual({
      longest_ms: 120_000,
      spread_ms: 9_000,
    });
    expect(problems({ RABBIT_RECONNECT_MAX_SECONDS: '0' })).toEqual([
      expect.stringMatching(/^RABBIT_RECONNECT_MAX_SECONDS is "0" but must be a whole number, 1 to 3600/),
    ]);
  });

  it.each(['rabbit', 'rabbit.example:5673', '10.0.0.1:5673', '::1', '[::1]:5673', 'a_b-c.d', 'a, [fe80::1]'])(
    'takes the nodes %s',
    (hosts) => {
      expect(problems({ RABBIT_HOST: hosts })).toEqual([]);
    },
  );

  it.each([
    ['h:99999', 'rabbit_host: an entry is "h:99999" but must be name, name:port'],
    ['a,h:0', 'rabbit_host: an entry is "h:0" but must be name, name:port'],
    ['[::1]:99999', 'rabbit_host: an entry is "[::1]:99999" but must be'],
    ['user:GEHEIM', 'rabbit_host: what follows "user" in an entry is no port'],
    ['amqp://u:GEHEIM@127.0.0.1:1', 'rabbit_host holds "/", "@" or a blank, as a URL does'],
    ['amqp://u:GEH,EIM@127.0.0.1', 'rabbit_host holds "/", "@" or a blank, as a URL does'],
    ['u:GEHEIM@rabbit', 'rabbit_host holds "/", "@" or a blank, as a URL does'],
    ['rabbit/GEHEIM', 'rabbit_host holds "/", "@" or a blank, as a URL does'],
  ])('refuses the nodes %s, and shows nothing that could be a password', (hosts, begin) => {
    const lines = problems({ RABBIT_HOST: hosts });
    expect(lines).toEqual([expect.stringContaining(begin)]);
    expect(lines.join()).not.toMatch(/GEH|EIM/);
  });

  it('holds the text of certificates', async () => {
    await writeFile(join(folder, 'ca.pem'), 'the authority');
    const { ssl } = connection({ RABBIT_SSL: 'true', RABBIT_SSL_CA: join(folder, 'ca.pem') });
    expect(ssl).toEqual({ ca: 'the authority', verify: true });
  });

  it('names each file that can not be read, and what belongs together', () => {
    const missing = join(folder, 'none.pem');
    expect(problems({ RABBIT_SSL: 'true', RABBIT_SSL_CERT: missing })).toEqual([
      `rabbit_ssl_cert: ${missing} can't be read (ENOENT)`,
      'rabbit_ssl_cert and rabbit_ssl_key belong together: set both or none',
    ]);
  });

  it('shows no key that is given in place of the name of its file', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n';
    for (const text of [pem, pem.replaceAll('\n', ' '), 'hunter2\nhunter2', 'hunter2'.repeat(1_000)])
      expect(problems({ RABBIT_SSL: 'true', RABBIT_SSL_CERT: text, RABBIT_SSL_KEY: text })).toEqual([
        'rabbit_ssl_cert: it must be the name of a file, not its content',
        'rabbit_ssl_key: it must be the name of a file, not its content',
      ]);
  });

  it('takes no certificates that would not be used', async () => {
    await writeFile(join(folder, 'ca.pem'), 'the authority');
    expect(problems({ RABBIT_SSL_CA: join(folder, 'ca.pem') })).toEqual([
      'rabbit_ssl_ca is set but rabbit_ssl is not; set rabbit_ssl to true',
    ]);
  });
});
