import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { eventually } from '../../api/src/testing/eventually.js';
import { bundleCommandLine } from '../../../tools/bundle/bundle-command-line.mjs';

let api: ApiUnderTest;
let folder: string;
let program: string;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  folder = mkdtempSync(join(tmpdir(), 'nebulactl-pipes-'));
  program = `'${process.execPath}' '${await bundleCommandLine(folder)}'`;
});
afterAll(async () => {
  await api?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A pipeline as a shell runs it, and what its first program has ended with; `nebulactl` stands for the program. */
function run(pipeline: string): Promise<{ code: number; stderr: string }> {
  const script = `nebulactl() { ${program} "$@"; }; ${pipeline}; exit "\${PIPESTATUS[0]}"`;
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CONFIG_HOME: folder, NEBULA_URL: api.url };
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', script], { env }, (_error, _stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

describe('nebulactl whose reader has gone', () => {
  /** Applies an app of which no worker is, and waits for that in vain. */
  const waiting = (app: string) => {
    const path = join(folder, `${app}.json`);
    writeFileSync(path, JSON.stringify({ app_name: app, docker_image: 'shop:1' }));
    return `nebulactl apply -f ${path} --yes --wait --timeout 1s -o name`;
  };

  it.each([
    ['output', 'out', ''],
    ['errors', 'err', '2>&1 >/dev/null'],
  ])('of its %s still waits, and ends with what has become of it', async (_what, app, redirection) => {
    const gone = join(folder, `${app}.gone`);
    // It begins when nobody reads any more.
    const reader = `{ exec <&-; touch ${gone}; }`;
    const { code } = await run(
      `{ until [ -e ${gone} ]; do sleep 0.01; done; ${waiting(app)}; } ${redirection} | ${reader}`,
    );
    expect(existsSync(gone)).toBe(true);
    expect(code).toBe(124);
    expect(await api.store.get(app)).toMatchObject({ revision: 1 });
  });

  it('ends with 0 where all is done', async () => {
    await api.create('many');
    expect(await run('nebulactl app list -o name | true')).toMatchObject({ code: 0, stderr: '' });
  });

  it('of events, which are nothing but printed, ends', async () => {
    await api.create('told');
    let isOver = false;
    const ended = run('nebulactl events -o name | head -n 1').finally(() => (isOver = true));
    await eventually(async () => {
      await api.call('POST', '/apps/told/restart');
      expect(isOver).toBe(true);
    }, 30_000);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});

it('nebulactl that can print a part alone says so, and has failed', async () => {
  for (let count = 0; count < 40; count += 1) await api.create(`app-${count}-${'x'.repeat(40)}`);
  const file = join(folder, 'apps');
  // A file of a kilobyte at most, as on a disk that gets full in the middle; who writes on is sent a signal, too.
  const limited = (command: string) => `trap '' XFSZ; ulimit -f 1; ${command}`;
  expect(await run(limited(`nebulactl export > ${file}`))).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^Error: not all could be printed: .*EFBIG/),
  });
  expect(await run(`nebulactl export > ${file}`)).toEqual({ code: 0, stderr: '' });
  expect(readFileSync(file, 'utf8')).toContain(`app-39-${'x'.repeat(40)}`);
});

it('nebulactl that can not print says so, and has failed', async () => {
  expect(await run('nebulactl app list -o name > /dev/full')).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^Error: not all could be printed: .*ENOSPC/),
  });
});
