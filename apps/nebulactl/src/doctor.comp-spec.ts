import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ADMIN, LOGIN, makeToken } from '../../api/src/access/testing/logins.js';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { CommandLine } from './testing/command-line.js';
import { VERSION } from './version.js';

let api: ApiUnderTest;
let shell: CommandLine;

beforeAll(async () => {
  api = await ApiUnderTest.start({ login: LOGIN, version: VERSION });
  api.authorization = ADMIN;
  shell = new CommandLine({ NEBULA_URL: api.url, NEBULA_TOKEN: LOGIN.auth_token });
});

afterAll(async () => {
  shell?.remove();
  await api?.stop();
});

describe('nebulactl doctor', () => {
  it('ends with 0 when all is well, and says what was looked at', async () => {
    const { code, stdout, stderr } = await shell.run(['doctor']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('✓ '))).toEqual([]);
    expect(lines.map((line) => line.split(':')[0])).toEqual(
      [
        ...['api', 'database', 'broker', 'rights', 'streams', 'secrets', 'clocks'],
        ...['workers', 'apps', 'orphans', 'versions'],
      ].map((name) => `✓ ${name}`),
    );
  });

  it('ends with 1 and what to do when something was found', async () => {
    Object.assign(api.broker.feed, { problem: () => 'the feed is away' });
    const { code, stdout, stderr } = await shell.run(['doctor']);
    expect(code).toBe(1);
    expect(stderr).toBe('Error: one thing was found\n');
    expect(stdout).toMatch(
      /^✗ broker: regions: local\n {4}local: the feed is away\.\n {6}→ Look whether RabbitMQ runs/m,
    );
    expect((await shell.run(['doctor', '-o', 'name'])).stdout).toBe('broker\n');
    const { checks } = JSON.parse((await shell.run(['doctor', '-o', 'json'])).stdout) as {
      checks: { name: string; findings: unknown[] }[];
    };
    expect(checks.find(({ name }) => name === 'broker')?.findings).toHaveLength(1);
    Object.assign(api.broker.feed, { problem: () => null });
  });

  it('says that clocks differ', async () => {
    const { code, stdout } = await shell.run(['doctor'], { now: () => Date.now() - 120_000 });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /The clock of the api is 1[12]\d s ahead of that of this machine\.\n {6}→ Let NTP/,
    );
  });

  it('finds that the api does not answer, and says what to do', async () => {
    const url = 'http://127.0.0.1:2';
    const { code, stdout, stderr } = await shell.run(['doctor', '--url', url]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'Error: one thing was found\n' });
    expect(stdout).toMatch(
      /^✗ api: http:\/\/127\.0\.0\.1:2 could not look\n {4}http:\/\/127\.0\.0\.1:2 can't be reached: nothing listens there\.\n {6}→ Look whether the api runs there/,
    );
    expect((await shell.run(['doctor', '--url', url, '-o', 'name'])).stdout).toBe('api\n');
    const asData = await shell.run(['doctor', '--url', url, '-o', 'json']);
    expect(JSON.parse(asData.stdout)).toEqual({
      checks: [
        {
          ...{ name: 'api', summary: `${url} could not look` },
          findings: [{ about: null, problem: expect.any(String), remedy: expect.any(String) }],
        },
      ],
    });
  });

  it('finds that the api answers with an error of its own', async () => {
    const broken = createServer((_request, response) => {
      response.writeHead(500, { 'content-type': 'application/problem+json' });
      const type = 'urn:nebula:problem:internal-error';
      response.end(JSON.stringify({ type, title: 'x', status: 500, detail: 'It broke.' }));
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = broken.address() as AddressInfo;
      const { code, stdout } = await shell.run(['doctor', '--url', `http://127.0.0.1:${port}`]);
      expect(code).toBe(1);
      expect(stdout).toMatch(/^✗ api: .*\n {4}It broke\.\n {6}→ Look at its \/readyz/);
    } finally {
      await new Promise((resolve) => broken.close(resolve));
    }
  });

  it('needs an administrator', async () => {
    const token = (await makeToken(api, { name: 'ro', rights: 'rw' })).replace('Bearer ', '');
    const { code, stderr } = await shell.run(['doctor'], { env: { NEBULA_TOKEN: token } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/admin/);
  });
});
