import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ADMIN, LOGIN, makeToken } from '../../api/src/access/testing/logins.js';
import { Clock } from '../../api/src/clock.js';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { type Certificates, makeCertificates } from '../../../libs/messaging/src/testing/certificates.js';
import { secret } from '../../../tools/test/known-secrets.mjs';
import { CommandLine, type Ended } from './testing/command-line.js';

let api: ApiUnderTest;
let shell: CommandLine;

const { user, password } = LOGIN.administrator;
secret(password);

beforeAll(async () => {
  api = await ApiUnderTest.start({ login: LOGIN });
  api.authorization = ADMIN;
  await api.create('shop');
});
beforeEach(() => {
  shell = new CommandLine({ NEBULA_URL: api.url });
});
afterEach(() => {
  shell.remove();
});
afterAll(async () => {
  await api?.stop();
});

/** One sentence on one line, and exit code 1. */
function saidOf({ code, stdout, stderr }: Ended): string {
  expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 1, stdout: '', lines: 2 });
  return stderr.trimEnd();
}

/** The token itself, as it is given to programs. */
async function tokenOf(...request: Parameters<typeof makeToken>): Promise<string> {
  return secret((await makeToken(...request)).replace('Bearer ', ''));
}

const list = ['app', 'list', '-o', 'name'];

describe('nebulactl login', () => {
  it('asks for the password on a terminal, shows none of it, and keeps what was let in', async () => {
    const login = ['login', api.url, '--user', user, '--name', 'test'];
    const typing = (text: string) => ({
      isTerminal: true,
      answers: [{ when: /Password of admin/, type: `${text}\r` }],
    });
    const wrong = await shell.run(login, typing(secret('not the password')));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(
      `Error:\u001b[39m ${api.url} does not let you in: The user or the password`,
    );
    expect(await shell.run(['context', 'list', '-o', 'name'])).toMatchObject({ stdout: '' });
    expect(await shell.run(login, typing(password))).toMatchObject({ code: 0 });
    expect(await shell.run([...list, '--context', 'test'])).toMatchObject({ code: 0, stdout: 'shop\n' });
  });

  it('takes a password or a token from the standard input', async () => {
    const token = await tokenOf(api, { name: 'piped', rights: 'ro' });
    for (const [args, stdin] of [
      [['--user', user, '--password-stdin'], `${password}\n`],
      [['--token-stdin'], `${token}\r\nand more\n`],
    ] as const) {
      expect(await shell.run(['login', ...args], { stdin })).toMatchObject({ code: 0 });
      expect(await shell.run(list, { env: { NEBULA_URL: '' } })).toMatchObject({ code: 0, stdout: 'shop\n' });
    }
    expect(saidOf(await shell.run(['login', '--token-stdin'], { stdin: 'a-wrong-token' }))).toContain(
      'does not let you in: The token is wrong, or it was revoked.',
    );
  });

  it('sends the credentials of a context to its own address alone', async () => {
    const token = await tokenOf(api, { name: 'kept', rights: 'ro' });
    await shell.run(['login', '--token-stdin', '--name', 'test'], { stdin: token });
    const asked: (string | undefined)[] = [];
    await withServer(
      (request, response) => {
        asked.push(request.headers.authorization);
        response.writeHead(500).end();
      },
      async (url) => {
        await shell.run([...list, '--url', url]);
        await shell.run([...list, '--context', 'test'], { env: { NEBULA_URL: url } });
      },
    );
    expect(asked).toEqual([undefined]);
  });
});

describe('a token of the environment', () => {
  const NEBULA_TOKEN = LOGIN.auth_token;
  const sent: (string | undefined)[] = [];
  const stranger: RequestListener = ({ headers }, response) => {
    sent.push(headers.authorization);
    response.writeHead(401, { 'content-type': 'application/json' }).end('{}');
  };

  it('is sent to the address that is beside it, and to no other', async () => {
    sent.length = 0;
    await withServer(stranger, async (url) => {
      expect(await shell.run(['context', 'add', 'stranger', url])).toMatchObject({ code: 0 });
      for (const where of [
        ['--url', url],
        ['--context', 'stranger'],
      ])
        expect(await shell.run([...list, ...where], { env: { NEBULA_TOKEN } })).toMatchObject({ code: 1 });
    });
    expect(sent).toEqual([undefined, undefined]);
    const same = [...list, '--url', `${api.url}/`];
    expect(await shell.run(same, { env: { NEBULA_TOKEN } })).toMatchObject({ code: 0, stdout: 'shop\n' });
  });

  it('is for whatever is chosen when there is no address beside it', async () => {
    const alone = { env: { NEBULA_TOKEN, NEBULA_URL: '' } };
    expect(await shell.run([...list, '--url', api.url], alone)).toMatchObject({ code: 0 });
    expect(await shell.run(['context', 'add', 'own', api.url])).toMatchObject({ code: 0 });
    expect(await shell.run([...list, '--context', 'own'], alone)).toMatchObject({ code: 0 });
  });
});

describe('nebulactl says in one sentence why it is refused', () => {
  it('a wrong token, one that has expired, and one that was revoked', async () => {
    const wrong = (await tokenOf(api, { name: 'mangled', rights: 'ro' })).slice(0, -1);
    const hour = 3_600_000;
    const expires_at = new Date(Date.now() + hour).toISOString();
    const expired = await tokenOf(api, { name: 'short', rights: 'ro', expires_at });
    const revoked = await tokenOf(api, { name: 'revoked', rights: 'ro' });
    const admin = { env: { NEBULA_TOKEN: LOGIN.auth_token } };
    expect(await shell.run(['token', 'revoke', 'revoked', '--yes'], admin)).toMatchObject({ code: 0 });
    const clock = api.api.get(Clock);
    clock.now = () => Date.now() + 2 * hour;
    try {
      for (const [token, why] of [
        [wrong, 'The token is wrong, or it was revoked.'],
        [expired, `The token expired at ${expires_at}.`],
        [revoked, 'The token is wrong, or it was revoked.'],
        ['', 'This call needs a login: a user with a password (Basic), or a token (Bearer).'],
      ] as const) {
        expect(saidOf(await shell.run(list, { env: { NEBULA_TOKEN: token } }))).toBe(
          `Error: ${api.url} does not let you in: ${why} Log in with: nebulactl login ${api.url}`,
        );
      }
    } finally {
      clock.now = () => Date.now();
    }
  });

  it('a right that lacks, by its name', async () => {
    const reader = { env: { NEBULA_TOKEN: await tokenOf(api, { name: 'reader', rights: 'ro' }) } };
    expect(saidOf(await shell.run(['app', 'restart', 'shop', '--yes'], reader))).toBe(
      'Error: This call needs the right to change apps; token:reader may only read',
    );
    expect(saidOf(await shell.run(['token', 'list'], reader))).toBe(
      'Error: This call needs the right of an administrator; token:reader may only read',
    );
    const one = { name: 'one', rights: 'rw' as const, apps: ['shop-*'] };
    const limited = { env: { NEBULA_TOKEN: await tokenOf(api, one) } };
    expect(saidOf(await shell.run(['app', 'get', 'shop'], limited))).toBe(
      'Error: there is no app "shop"; see nebulactl app list',
    );
    const create = ['app', 'create', 'other', '--image', 'other:1', '--yes'];
    expect(saidOf(await shell.run(create, limited))).toContain('needs the right to change apps for "other";');
  });

  it('an address that redirects, so that no change is taken for made', async () => {
    const redirecting: RequestListener = ({ url = '' }, response) =>
      void response.writeHead(301, { location: `https://nebula.example/eu${url}` }).end();
    await withServer(redirecting, async (url) => {
      const create = ['token', 'create', 'ci', '--url', url];
      expect(saidOf(await shell.run(create, { env: { NEBULA_TOKEN: LOGIN.auth_token } }))).toBe(
        `Error: ${url} redirects to https://nebula.example/eu, which is not followed: use that address (nebulactl login, or --url)`,
      );
    });
  });

  it('a login that is before the api', async () => {
    const guard: RequestListener = (_request, response) =>
      void response.writeHead(302, { location: 'https://sso.example/login?back=nebula' }).end();
    await withServer(guard, async (url) => {
      const create = ['token', 'create', 'ci', '--url', url];
      expect(saidOf(await shell.run(create, { env: { NEBULA_TOKEN: LOGIN.auth_token } }))).toBe(
        `Error: ${url} redirects to https://sso.example/login, which is not the same call at another address: is there a login of a proxy before the api?`,
      );
    });
  });

  it('an api that is older: it does not know dry runs, or takes no notice of them', async () => {
    const [unknown, heedless] = [
      { status: 422, body: problem('invalid-query', [{ parameter: 'dry_run', message: UNKNOWN }]) },
      { status: 200, body: { app_name: 'shop', revision: 2 } },
    ];
    await withServer(answering(unknown), async (url) => {
      expect(saidOf(await shell.run(['app', 'restart', 'shop', '--yes', '--url', url]))).toBe(
        `Error: the api at ${url} is older than this nebulactl: it does not know "dry_run" (see nebulactl version)`,
      );
    });
    await withServer(answering(heedless), async (url) => {
      expect(saidOf(await shell.run(['app', 'restart', 'shop', '--yes', '--url', url]))).toBe(
        'Error: the api did not answer with what would change; look before you try again',
      );
    });
  });
});

describe('nebulactl token', () => {
  it('makes a token that can be used, lists it without it, and revokes it', async () => {
    const admin = { env: { NEBULA_TOKEN: LOGIN.auth_token } };
    const create = ['token', 'create', 'ci', '--rights', 'rw', '--app', 'shop', '--app', 'web-*'];
    expect(await shell.run([...create, '--dry-run'], admin)).toMatchObject({
      ...{ code: 0, stdout: '' },
      stderr: 'The token ci would be made: it reads and changes shop, web-* until it is revoked.\n',
    });
    for (const never of [
      '999999999d',
      '9999999d',
      '2027-02-30T00:00:00Z',
      '2027-13-01',
      '9999-12-31T23:00:00-01:00',
    ])
      expect(await shell.run([...create, '--expires', never], admin)).toMatchObject({
        ...{ code: 2, stdout: '' },
        stderr: `Error: --expires must be a time like 90d, or a moment like 2027-01-31T12:00:00Z, before the year 10000, not "${never}"\n`,
      });
    expect((await shell.run(['token', 'list', '-o', 'name'], admin)).stdout).not.toMatch(/^ci$/m);
    const made = await shell.run([...create, '--expires', '90d'], admin);
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('It is not shown again') });
    const token = secret(made.stdout.trimEnd());
    const ci = { env: { NEBULA_TOKEN: token } };
    expect(await shell.run(list, ci)).toMatchObject({ code: 0, stdout: 'shop\n' });
    const { stdout } = await shell.run(['token', 'list'], admin);
    expect(stdout).toMatch(/^NAME +RIGHTS +APPS +EXPIRES +LAST USED +MADE +MADE BY\n/);
    expect(stdout).toMatch(/^ci +rw +shop,web-\* +\d{4}-\d\d-\d\d +.* ago +\d+s ago +/m);
    expect(await shell.run(['token', 'revoke', 'c', '--yes'], admin)).toMatchObject({
      code: 1,
      stderr: 'Error: there is no token "c" (did you mean "ci"?)\n',
    });
    expect(await shell.run(['token', 'revoke', 'ci'], admin)).toMatchObject({ code: 2 });
    expect(await shell.run(['token', 'revoke', 'ci', '--dry-run'], admin)).toMatchObject({
      ...{ code: 0, stdout: '' },
      stderr: expect.stringMatching(
        /^The token ci would be revoked: it reads and changes shop, web-\* until \d{4}-[\d-]+T\S+Z\. It was last used \d+s ago\.\n$/,
      ),
    });
    expect(await shell.run(list, ci)).toMatchObject({ code: 0 });
    expect(await shell.run(['token', 'revoke', 'ci', '--yes'], admin)).toMatchObject({ code: 0 });
    expect(await shell.run(list, ci)).toMatchObject({ code: 1 });
    await shell.run(['token', 'create', 'lossy'], admin);
    let lost = 0;
    const revoking = await shell.run(['token', 'revoke', 'lossy', '--yes'], {
      ...admin,
      between: async ({ method }, ask) => {
        const answer = await ask();
        // What was done is done; only the word of it never arrives.
        if (method === 'DELETE' && lost++ === 0) throw new TypeError('the connection was cut');
        return answer;
      },
    });
    expect(revoking).toMatchObject({ code: 0, stderr: expect.stringMatching(/^The token lossy is gone: /) });
    expect(lost).toBe(2);
    // A proxy without an api, and an api that has not looked at it yet, say nothing of what is there.
    const page = { status: 404, headers: { 'content-type': 'text/html' } };
    const busy = { type: 'urn:nebula:problem:too-many-requests', title: 'Too many requests', status: 429 };
    await shell.run(['token', 'create', 'kept'], admin);
    const refusal = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    for (const [first, second, name, said] of [
      [new Response('', { status: 502 }), new Response('page not found', page), 'kept', 'not as Nebula does'],
      [Response.json(busy, { status: 429, headers: { 'retry-after': '0' } }), null, 'kpet', '"kept"?'],
      [new TypeError('fetch failed', { cause: refusal }), null, 'kpet', '"kept"?'],
    ] as const) {
      const answers = [first, second];
      const refused = await shell.run(['token', 'revoke', name, '--yes'], {
        ...admin,
        between: async ({ method }, ask) => {
          const answer = method === 'DELETE' ? answers.shift() : null;
          if (answer instanceof Error) throw answer;
          return answer ?? (await ask());
        },
      });
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(said) });
    }
    const completed = await shell.run(['__complete', '--', 'token', 'revoke', 'rea'], admin);
    expect(completed.stdout).toBe('reader\n');
  });
});

describe('nebulactl speaks TLS', () => {
  let certificates: Certificates;
  let guarded: ApiUnderTest;
  let url: string;
  let caFile: string;
  beforeAll(async () => {
    certificates = await makeCertificates();
    guarded = await ApiUnderTest.start({ login: LOGIN, http: { tls: certificates.server } });
    url = guarded.url.replace('http:', 'https:');
  });
  beforeEach(() => {
    shell.remove();
    shell = new CommandLine({ NEBULA_URL: url, NEBULA_TOKEN: LOGIN.auth_token });
    caFile = join(shell.folder, 'ca.pem');
    writeFileSync(caFile, certificates.ca);
  });
  afterAll(async () => {
    await guarded?.stop();
  });

  it('to an api whose certificate it is told to trust, and keeps that with the context', async () => {
    const trusting = { env: { NEBULA_CA_FILE: caFile } };
    const create = ['app', 'create', 'seen', '--image', 'seen:1', '--yes', '--ca-file', caFile];
    expect(await shell.run(create)).toMatchObject({ code: 0 });
    expect(await shell.run(list, trusting)).toMatchObject({ code: 0, stdout: 'seen\n' });
    const events = await shell.run(['events', '-o', 'json'], {
      ...trusting,
      interruptWhen: /"type":"start"/,
    });
    expect(events.code).toBe(130);
    const login = ['login', '--user', user, '--password-stdin', '--ca-file', caFile, '--name', 'tls'];
    expect(await shell.run(login, { stdin: password })).toMatchObject({ code: 0 });
    const kept = { env: { NEBULA_URL: '', NEBULA_TOKEN: '' } };
    expect(await shell.run(list, kept)).toMatchObject({ code: 0, stdout: 'seen\n' });
    expect((await shell.run(['context', 'show', 'tls'])).stdout).toContain(`certificates:  ${caFile}\n`);
    expect(readFileSync(shell.configuration, 'utf8')).toContain(caFile);
  });

  it('and says in one sentence what is wrong with a certificate, or that there is none', async () => {
    const trusting = { env: { NEBULA_CA_FILE: caFile } };
    expect(saidOf(await shell.run(list))).toMatch(
      /^Error: the certificate of https:\S+ is not trusted \(.+\): give who signed it with --ca-file or NEBULA_CA_FILE$/,
    );
    const other = url.replace('127.0.0.1', 'localhost');
    expect(saidOf(await shell.run([...list, '--url', other], trusting))).toMatch(
      /^Error: the certificate of https:\S+ is for another name \(.+\)$/,
    );
    const plain = api.url.replace('http:', 'https:');
    expect(saidOf(await shell.run([...list, '--url', plain], trusting))).toBe(
      `Error: ${plain} does not speak TLS: is it http and not https?`,
    );
    expect(saidOf(await shell.run([...list, '--ca-file', join(shell.folder, 'none.pem')]))).toMatch(
      /^Error: the certificates can't be read: ENOENT/,
    );
    writeFileSync(join(shell.folder, 'no.pem'), 'no certificate');
    expect(saidOf(await shell.run([...list, '--ca-file', join(shell.folder, 'no.pem')]))).toMatch(
      /no\.pem has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----$/,
    );
    const late = await ApiUnderTest.start({ login: LOGIN, http: { tls: certificates.expired } });
    try {
      const expired = late.url.replace('http:', 'https:');
      expect(saidOf(await shell.run([...list, '--url', expired], trusting))).toBe(
        `Error: the certificate of ${expired} has expired`,
      );
    } finally {
      await late.stop();
    }
  });

  it('and to an api without it also where certificates are set for all', async () => {
    const trusting = { env: { NEBULA_CA_FILE: caFile } };
    const alone = { env: { ...trusting.env, NEBULA_URL: '' } };
    expect(await shell.run([...list, '--url', api.url], alone)).toMatchObject({
      code: 0,
      stdout: 'shop\n',
    });
    expect(saidOf(await shell.run([...list, '--url', url.replace('https:', 'http:')]))).toMatch(
      /^Error: http:\S+ can't be reached: [^()]+$/,
    );
  });
});

const UNKNOWN = 'is not a known query parameter';

function problem(name: string, errors: object[] = []): object {
  return { type: `urn:nebula:problem:${name}`, title: 'It is wrong', status: 422, detail: 'It is.', errors };
}

function answering({ status, body }: { status: number; body: object }): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

/** Something that answers as an api of another time would. */
async function withServer(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
