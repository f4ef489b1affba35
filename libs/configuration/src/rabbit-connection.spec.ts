import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
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

const [AUTHORITY = '', ANOTHER = ''] = rootCertificates;

const BROKEN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

function newKey(passphrase?: string): string {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: {
      ...{ type: 'pkcs8', format: 'pem' },
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    },
  });
  return privateKey;
}

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
    const authorities = `of two authorities\n${AUTHORITY}\n${ANOTHER}\n`;
    for (const ca of [AUTHORITY, authorities, authorities.replaceAll('\n', '\r\n')]) {
      await writeFile(join(folder, 'ca.pem'), ca);
      const { ssl } = connection({ RABBIT_SSL: 'true', RABBIT_SSL_CA: join(folder, 'ca.pem') });
      expect(ssl).toEqual({ ca, verify: true });
    }
  });

  it.each([
    ['is empty', ''],
    ['holds no PEM', 'the authority'],
    ['holds PRIVATE KEY', newKey()],
  ])('refuses a file of authorities of which none would be trusted: one that %s', async (found, text) => {
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, text);
    expect(problems({ RABBIT_SSL: 'true', RABBIT_SSL_CA: ca })).toEqual([
      `rabbit_ssl_ca: ${ca} ${found}, but must hold a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----`,
    ]);
  });

  it.each([
    [`${BROKEN}\n${AUTHORITY}`, '1 of 2'],
    [`${AUTHORITY}\n${BROKEN}\n${ANOTHER}`, '2 of 3'],
    [AUTHORITY.replace(/-----END.*/s, ''), '1 of 1'],
  ])('refuses a file of authorities of which not all would be trusted (%#)', async (text, which) => {
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, text);
    expect(problems({ RABBIT_SSL: 'true', RABBIT_SSL_CA: ca })).toEqual([
      expect.stringMatching(
        new RegExp(
          `^rabbit_ssl_ca: certificate ${which} in ${ca} can't be read \\(ERR_OSSL_[A-Z0-9_]+\\), but`,
        ),
      ),
    ]);
  });

  it('refuses a certificate and a key that are none, or not of each other, and shows no key', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const found = async (texts: { cert: string; key: string }) => {
      await writeFile(cert, texts.cert);
      await writeFile(key, texts.key);
      return problems({ RABBIT_SSL: 'true', RABBIT_SSL_CERT: cert, RABBIT_SSL_KEY: key });
    };
    const noCertificate = 'but must hold a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----';
    const noKey = 'but must hold a private key in PEM that needs no passphrase';
    expect(await found({ cert: '', key: '' })).toEqual([
      `rabbit_ssl_cert: ${cert} is empty, ${noCertificate}`,
      `rabbit_ssl_key: ${key} is empty, ${noKey}`,
    ]);
    expect(await found({ cert: newKey(), key: AUTHORITY })).toEqual([
      `rabbit_ssl_cert: ${cert} holds PRIVATE KEY, ${noCertificate}`,
      `rabbit_ssl_key: ${key} holds CERTIFICATE, ${noKey}`,
    ]);
    expect(await found({ cert: AUTHORITY, key: newKey('hunter2') })).toEqual([
      `rabbit_ssl_key: ${key} holds ENCRYPTED PRIVATE KEY, ${noKey}`,
    ]);
    expect(await found({ cert: AUTHORITY, key: 'hunter2' })).toEqual([
      `rabbit_ssl_key: ${key} holds no PEM, ${noKey}`,
    ]);
    expect(await found({ cert: AUTHORITY, key: newKey() })).toEqual([
      `rabbit_ssl_cert, rabbit_ssl_key: ${cert} and ${key} are not of each other: the key must be that of the first certificate`,
    ]);
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
