import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportOf } from '../../api/src/store/testing/records.js';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { eventually } from '../../api/src/testing/eventually.js';
import { CommandLine } from './testing/command-line.js';

let api: ApiUnderTest;
let shell: CommandLine;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  shell = new CommandLine({ NEBULA_URL: api.url });
  await api.create('shop', {
    docker_image: 'shop:41',
    starting_ports: [{ '81': '80' }],
    env_vars: { A: '1' },
  });
  await api.create('shop-lb', { docker_image: 'lb:7', containers_per: { cpu: 1 } });
});
afterAll(async () => {
  shell?.remove();
  await api?.stop();
});

describe('nebulactl reads', () => {
  it('lists apps as a table, which is the same without a terminal but for the colors', async () => {
    const { code, stdout, stderr } = await shell.run(['app', 'list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replaceAll(/\d+s/g, '0s')).toBe(
      'NAME      IMAGE     REPLICAS       PORTS   STATE     REVISION   CHANGED\n' +
        'shop      shop:41   1 per server   81:80   running   1          0s\n' +
        'shop-lb   lb:7      1 per cpu      -       running   1          0s\n',
    );
    expect((await shell.run(['app', 'list'], { isTerminal: true })).stdout).toContain(
      '\u001b[32mrunning\u001b[39m',
    );
    const colorless = { isTerminal: true, env: { NO_COLOR: '1' } };
    expect((await shell.run(['app', 'list'], colorless)).stdout).not.toContain('\u001b');
    expect((await shell.run(['app', 'list', '--no-color'], { isTerminal: true })).stdout).not.toContain(
      '\u001b',
    );
  });

  it('gives scripts names, JSON and YAML', async () => {
    expect((await shell.run(['app', 'list', '-o', 'name', '--prefix', 'shop-'])).stdout).toBe('shop-lb\n');
    const { stdout } = await shell.run(['-o', 'json', 'app', 'get', 'shop']);
    expect(JSON.parse(stdout)).toEqual((await api.call('GET', '/apps/shop')).body);
    expect((await shell.run(['app', 'get', 'shop', '-o', 'yaml'])).stdout).toMatch(
      /^app_name: shop\ndocker_image: shop:41\nstarting_ports:\n {2}- "81": "80"\n/,
    );
  });

  it('shows an app without what is not set', async () => {
    const { stdout } = await shell.run(['app', 'get', 'shop']);
    expect(stdout).toContain('env_vars:\n  A: "1"\n');
    expect(stdout).not.toMatch(/privileged|volumes|null/);
  });

  it('shows how far workers are', async () => {
    await api.create('slow');
    api.broker.reports.publish(
      reportOf({
        worker_id: 'w1',
        app_name: 'slow',
        state: 'failed',
        last_error: { step: 'pull', message: 'no such\nimage', at: new Date().toISOString(), retry_at: null },
      }),
    );
    const { code, stdout } = await eventually(async () => {
      const ended = await shell.run(['app', 'status', 'slow']);
      expect(ended.stdout).toContain('w1');
      return ended;
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^app: +slow\nwanted: +running\nrevision: +1, made \d+s ago\nworkers: +1 failed\n/,
    );
    expect(stdout).toMatch(/\nedge +w1 +failed +1 .* pull: no such image\n/);
  });

  it('suggests what was meant', async () => {
    expect(await shell.run(['app', 'get', 'shpo'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error: there is no app "shpo" (did you mean "shop"?)\n',
    });
    expect(await shell.run(['app', 'lsit'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean list?'),
    });
    expect(await shell.run(['aps'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean'),
    });
    expect(await shell.run(['app', 'list', '--prefx', 'a'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean --prefix?'),
    });
    expect(await shell.run(['app', 'list', '-o', 'xml'])).toMatchObject({ code: 2 });
  });

  it('says in one sentence that there is no api', async () => {
    const url = 'http://127.0.0.1:2';
    const { code, stderr } = await shell.run(['app', 'list', '--url', url]);
    expect(code).toBe(1);
    expect(stderr).toBe(`Error: ${url} can't be reached: nothing listens there\n`);
  });

  it('says that an api is older, or that it is none of ours', async () => {
    const old = createServer((request, response) => {
      const isOurs = request.url?.startsWith('/api/v3/orphans');
      response.writeHead(404, { 'content-type': isOurs ? 'application/problem+json' : 'text/html' });
      response.end(
        isOurs
          ? JSON.stringify({ type: 'urn:nebula:problem:unknown-path', title: 'x', status: 404, detail: 'y' })
          : '<p>No</p>',
      );
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(old.address() as AddressInfo).port}`;
    try {
      expect(await shell.run(['orphans', '--url', url])).toMatchObject({
        code: 1,
        stderr: `Error: the api at ${url} is older than this nebulactl: it has no /api/v3/orphans (see nebulactl version)\n`,
      });
      expect(await shell.run(['app', 'list', '--url', url])).toMatchObject({
        code: 1,
        stderr: `Error: ${url} answered with 404 and not as Nebula does: is the address right?\n`,
      });
    } finally {
      await new Promise((resolve) => old.close(resolve));
    }
  });

  it('lists workers and orphans, and says its version and that of the api', async () => {
    expect((await shell.run(['worker', 'list', '--state', 'offline'])).stdout).toBe(
      'There is no such worker.\n',
    );
    expect((await shell.run(['orphans'])).stdout).toBe('There is none.\n');
    expect((await shell.run(['version'])).stdout).toMatch(/^nebulactl: +3\.0\.0\napi: +3\.0\.0-test\n$/);
    expect((await shell.run(['--version'])).stdout).toBe('3.0.0\n');
  });

  it('says of each orphan how it is kept and how it is removed', async () => {
    api.broker.reports.publish(reportOf({ app_name: 'ghost', worker_id: 'haunted', revision: 7 }));
    const { stdout } = await eventually(async () => {
      const listed = await shell.run(['orphans']);
      expect(listed.stdout).toContain('ghost');
      return listed;
    });
    // Pasted elsewhere, they must not reach another cluster, where the app may be one that lives.
    const keep = `nebulactl app create ghost --image … --url ${api.url}`;
    const remove = `nebulactl app delete ghost --url ${api.url}`;
    expect(stdout).toMatch(new RegExp(`^ghost +1 +1 +7 +${keep} +${remove}$`, 'm'));
    // The commands do what they are said to.
    for (const [command, said] of [
      [keep.replace('…', 'ghost:7'), 'ghost would be created: its containers are taken over on 1 worker: '],
      [remove, 'ghost would be deleted: its containers are removed on 1 worker.'],
    ] as const) {
      const tried = await shell.run([...command.split(' ').slice(1), '--dry-run']);
      expect(tried).toMatchObject({ code: 0, stderr: expect.stringContaining(said) });
    }
    const own = new CommandLine({});
    try {
      await own.run(['context', 'add', 'here', api.url]);
      expect((await own.run(['orphans'])).stdout).toContain('nebulactl app delete ghost --context here');
    } finally {
      own.remove();
    }
  });

  it('follows events until Ctrl-C', async () => {
    const { code, stdout } = await shell.run(['events', '-o', 'json'], {
      before: { when: /"type":"start"/, work: () => api.create('seen') },
      interruptWhen: /"app_name":"seen"/,
    });
    expect(code).toBe(130);
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ type: 'start' });
  });
});

describe('nebulactl keeps contexts', () => {
  it('logs in, and keeps what was let in where only its owner reads it', async () => {
    const own = new CommandLine();
    try {
      const { code, stderr } = await own.run(['login', api.url, '--anonymous', '--name', 'test']);
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `Logged in to ${api.url}. It is the current context, test.\n`,
      });
      expect(statSync(own.configuration).mode & 0o777).toBe(0o600);
      expect((await own.run(['app', 'list', '-o', 'name'])).stdout).toContain('shop\n');
      await own.run(['context', 'add', 'other', 'http://127.0.0.1:2', '--token-stdin'], {
        stdin: 'hidden-token\n',
      });
      const { stdout } = await own.run(['context', 'list']);
      expect(stdout).toMatch(
        /^ +NAME +ADDRESS +LOGIN\n\* +test +http\S+ +none\n[ -] +other +http\S+ +token\n$/,
      );
      const all = await Promise.all([
        own.run(['context', 'show', 'other']),
        own.run(['context', 'list', '-o', 'json']),
      ]);
      expect(JSON.stringify(all)).not.toContain('hidden-token');
      expect(readFileSync(own.configuration, 'utf8')).toContain('hidden-token');
      expect(await own.run(['context', 'use', 'othr'])).toMatchObject({
        code: 1,
        stderr: 'Error: there is no context "othr" (did you mean "other"?)\n',
      });
      await own.run(['context', 'use', 'other']);
      expect(await own.run(['app', 'list'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('(context other)'),
      });
      expect(await own.run(['app', 'list', '--context', 'test'])).toMatchObject({ code: 0 });
      expect(await own.run(['app', 'list'], { env: { NEBULA_CONTEXT: 'test' } })).toMatchObject({ code: 0 });
      await own.run(['context', 'remove', 'other']);
      expect((await own.run(['context', 'list', '-o', 'name'])).stdout).toBe('test\n');
    } finally {
      own.remove();
    }
  });

  it('takes no password as an argument, and refuses what contradicts itself', async () => {
    expect(await shell.run(['login', api.url, '--user', 'a', '--token-stdin'])).toMatchObject({ code: 2 });
    expect(await shell.run(['login', api.url, '--password', 'x'])).toMatchObject({ code: 2 });
    expect(await shell.run(['login', 'ftp://x', '--anonymous'])).toMatchObject({
      code: 2,
      stderr:
        'Error: the address of the api must be an address like https://nebula.example.com, not "ftp://x"\n',
    });
    expect(await shell.run(['app', 'list', '--url', api.url, '--context', 'a'])).toMatchObject({ code: 2 });
  });
});

describe('nebulactl completes', () => {
  const complete = async (...words: string[]) =>
    (await shell.run(['__complete', '--', ...words])).stdout.split('\n').slice(0, -1);

  it('commands, options, values and names of apps', async () => {
    expect(await complete('app', 'st')).toEqual(['status', 'start', 'stop']);
    expect(await complete('app', 'list', '--pre')).toEqual(['--prefix']);
    expect(await complete('-o', 'y')).toEqual(['yaml']);
    expect(await complete('app', 'get', 'shop')).toEqual(['shop', 'shop-lb']);
    expect(await complete('completion', 'z')).toEqual(['zsh']);
    expect(await complete('app', 'get', 'shop', '')).toEqual([]);
  });

  it('nothing, and without a word, when there is no api', async () => {
    expect(await shell.run(['__complete', '--', '--url', 'http://127.0.0.1:2', 'app', 'get', ''])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
