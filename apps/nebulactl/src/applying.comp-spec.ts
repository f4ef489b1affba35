import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MOST_APPS as MOST_TAKEN } from '../../api/src/apply/apply-document.js';
import { MAX_DOCUMENT_BYTES } from '../../api/src/http/body-limit.js';
import { reportOf } from '../../api/src/store/testing/records.js';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { eventually } from '../../api/src/testing/eventually.js';
import { MOST_APPS, MOST_BYTES } from './changes/document-parts.js';
import { CommandLine } from './testing/command-line.js';

let api: ApiUnderTest;
let shell: CommandLine;
let number = 0;
/** Begins the names of a test's apps, so that no test sees another's. */
let own: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
beforeEach(() => {
  shell = new CommandLine({ NEBULA_URL: api.url });
  number += 1;
  own = `t${number}-`;
});
afterEach(() => {
  shell.remove();
});
afterAll(async () => {
  await api?.stop();
});

/** A document with one line for each app: `a shop:1`. */
function documentOf(...apps: string[]): { stdin: string } {
  const specs = apps.map((each) => {
    const [name, image] = each.split(' ');
    return { app_name: `${own}${name}`, docker_image: image };
  });
  return { stdin: JSON.stringify({ apps: specs }) };
}

/** What is stored of each app: its image, `deleted`, or null. */
async function images(...names: string[]): Promise<(string | null)[]> {
  const records = await Promise.all(names.map((name) => api.store.get(`${own}${name}`)));
  return records.map((record) => (record?.deleted ? 'deleted' : (record?.spec?.docker_image ?? null)));
}

const apply = ['apply', '-f', '-'];
const pruning = () => [...apply, '--prune', '--prefix', own];

describe('nebulactl apply makes what was shown', () => {
  const QUESTION = /Apply this to \d apps?\?/;
  const AGAIN = /meanwhile[^]*Apply this to \d apps?\?/;

  /** Answers both questions from a terminal; the document is in a file, as the input is the keyboard. */
  async function answering(
    args: string[],
    { stdin }: { stdin: string },
    work: () => Promise<unknown>,
    second = 'y',
  ) {
    const path = join(shell.folder, 'apps.json');
    writeFileSync(path, stdin);
    return await shell.run(
      args.map((arg) => (arg === '-' ? path : arg)),
      {
        isTerminal: true,
        answers: [
          { when: QUESTION, type: 'y' },
          { when: AGAIN, type: second },
        ],
        before: { when: QUESTION, work },
      },
    );
  }

  it('and shows it anew when somebody has changed an app meanwhile', async () => {
    await api.create(`${own}a`, { docker_image: 'a:1' });
    const change = () => api.call('PATCH', `/apps/${own}a`, { json: { docker_image: 'a:9' } });
    const { code, stderr } = await answering(apply, documentOf('a a:2', 'b b:1'), change);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(`Somebody else has changed ${own}a meanwhile. Now it would be:`);
    expect(stderr).toContain('- docker_image: a:9');
    expect(await images('a', 'b')).toEqual(['a:2', 'b:1']);
  });

  it('and deletes no app that it has not shown', async () => {
    await api.create(`${own}old`);
    const create = () => api.create(`${own}late`, { docker_image: 'late:1' });
    const no = await answering(pruning(), documentOf('a a:1'), create, 'n');
    expect(no).toMatchObject({ code: 1, stderr: expect.stringContaining(`${own}late would be deleted`) });
    expect(no.stderr).toContain('nothing was changed');
    expect(await images('a', 'old', 'late')).toEqual([null, expect.any(String), 'late:1']);
  });

  it('and says so in one sentence to an api that can not be told what was shown', async () => {
    const body = {
      type: 'urn:nebula:problem:invalid-spec',
      title: 'It is wrong',
      status: 422,
      detail: 'It is.',
    };
    const errors = [{ pointer: '/expected', message: 'is not known here; a document has "apps" alone' }];
    const older = await shell.run([...apply, '--yes'], {
      ...documentOf('a a:1'),
      between: async ({ method, url }, ask) =>
        method === 'POST' && !url.includes('dry_run')
          ? Response.json({ ...body, errors }, { status: 422 })
          : await ask(),
    });
    expect(older).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /Error: the api at \S+ is older than this nebulactl: it does not know "expected"/,
      ),
    });
    expect(await images('a')).toEqual([null]);
  });
});

describe('nebulactl apply --wait', () => {
  async function reported(name: string, revision: number, state: 'converged' | 'converging' | 'failed') {
    const app_name = `${own}${name}`;
    const last_error =
      state === 'failed'
        ? { step: 'pull', message: 'no such image', at: '2026-01-31T12:00:00.000Z', retry_at: null }
        : null;
    const boot_nonce = `${app_name}-${revision}-${state}`;
    api.broker.reports.publish(
      reportOf({ worker_id: app_name, app_name, revision, state, last_error, boot_nonce }),
    );
    await eventually(async () => {
      const { body } = await api.call('GET', `/apps/${app_name}/status`);
      expect(body).toMatchObject({ workers: [{ revision, state }] });
    });
  }

  it('waits for what is so already', async () => {
    await api.create(`${own}a`, { docker_image: 'a:1' });
    await reported('a', 1, 'converging');
    const waiting = await shell.run([...apply, '--wait', '--timeout', '1s'], documentOf('a a:1'));
    expect(waiting).toMatchObject({ code: 124, stderr: expect.stringContaining('edge is converging') });
    await reported('a', 1, 'failed');
    expect(await shell.run([...apply, '--wait', '--timeout', '30s'], documentOf('a a:1'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('edge is failed: pull: no such image'),
    });
  });

  it('looks at every app, whatever becomes of those before', async () => {
    for (const name of ['a', 'b', 'c']) await api.create(`${own}${name}`, { docker_image: 'x:1' });
    await reported('a', 1, 'failed');
    await reported('b', 1, 'converging');
    await reported('c', 1, 'converged');
    const { code, stderr } = await shell.run(
      [...apply, '--wait', '--timeout', '2s'],
      documentOf('a x:1', 'b x:1', 'c x:1'),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`revision 1 of ${own}a failed on 1 worker:\n  edge is failed`);
    expect(stderr).toContain(`revision 1 of ${own}b was not on all workers after 2 s`);
    expect(stderr).toContain(`Converged: ${own}c is at revision 1 on 1 worker`);
  });

  it('waits until what it has deleted is gone', async () => {
    await api.create(`${own}old`, { docker_image: 'old:1' });
    await reported('old', 1, 'converged');
    const late = await shell.run([...pruning(), '--yes', '--wait', '--timeout', '1s'], {
      ...documentOf('a a:1'),
      before: {
        when: /old +deleted/,
        work: async () => api.broker.reports.publish(reportOf({ app_name: `${own}a`, revision: 1 })),
      },
    });
    expect(late).toMatchObject({ code: 124 });
    expect(late.stderr).toContain(`revision 2 of ${own}old was not on all workers`);
  });
});

describe('a --timeout that is none', () => {
  it.each(['app delete', 'app restart', 'apply'])('is found before %s does anything', async (command) => {
    await api.create(`${own}a`, { docker_image: 'a:1' });
    const args = command === 'apply' ? apply : [...command.split(' '), `${own}a`];
    const ended = await shell.run([...args, '--yes', '--wait', '--timeout', '10min'], documentOf('a a:2'));
    expect(ended).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Error: --timeout must be a time like 90s, 10m or 2h, not "10min"\n',
    });
    expect(await api.store.get(`${own}a`)).toMatchObject({ revision: 1, deleted: false });
  });
});

describe('nebulactl apply of more than the api takes at once', () => {
  const large = (image: string) => {
    const env_vars = { TEXT: 'x'.repeat(200_000) };
    const apps = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
      app_name: `${own}${name}`,
      docker_image: image,
      env_vars,
    }));
    return { stdin: JSON.stringify({ apps }) };
  };

  it('sends it in parts, which an export can be, too', async () => {
    expect(Buffer.byteLength(large('x:1').stdin)).toBeGreaterThan(MAX_DOCUMENT_BYTES);
    expect(await shell.run([...apply, '--yes'], large('x:1'))).toMatchObject({ code: 0 });
    expect(await images('a', 'f')).toEqual(['x:1', 'x:1']);
    const { stdout } = await shell.run(['export', '--prefix', own]);
    expect(await shell.run(apply, { stdin: stdout })).toMatchObject({
      code: 0,
      stderr: '6 apps are so already.\n',
    });
  });

  it('says that it has changed some when a later part is refused', async () => {
    const refused = { pointer: '/apps/0/docker_image', message: 'is not taken any more' };
    const problem = {
      ...{ type: 'urn:nebula:problem:invalid-spec', title: 'It is wrong' },
      detail: 'It is.',
    };
    let sent = 0;
    const { code, stdout, stderr } = await shell.run([...apply, '--yes'], {
      ...large('x:1'),
      between: async ({ method, url }, ask) =>
        method === 'POST' && !url.includes('dry_run') && ++sent > 1
          ? Response.json({ ...problem, status: 422, errors: [refused] }, { status: 422 })
          : await ask(),
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^${own}a +created `, 'm'));
    expect(stderr).toMatch(
      /Error: It is wrong, so the rest was not changed:\n {2}standard input: .*\/docker_image/,
    );
    expect(await images('a', 'f')).toEqual(['x:1', null]);
  });

  it('refuses it where it must be whole, and an app that is in two parts', async () => {
    expect(await shell.run([...pruning(), '--yes'], large('x:1'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Error: --prune takes all apps in one document, of at most 1000 apps/),
    });
    const { apps } = JSON.parse(large('x:1').stdin) as { apps: object[] };
    const twice = { stdin: JSON.stringify({ apps: [...apps, apps[0]] }) };
    expect(await shell.run([...apply, '--yes'], twice)).toMatchObject({
      code: 1,
      stderr: `Error: standard input: ${own}a must be there once, and standard input has it too, so nothing was changed\n`,
    });
    expect(await images('a')).toEqual([null]);
  });

  it('knows the limits of the api', () => {
    expect([MOST_APPS, MOST_BYTES]).toEqual([MOST_TAKEN, MAX_DOCUMENT_BYTES]);
  });
});
