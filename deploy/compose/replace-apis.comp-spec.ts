import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, 'replace-apis.sh');

/** Notes each call. Two apis run; `docker exec` succeeds for those containers that READY names. */
const DOCKER = `#!/bin/sh
echo "$*" >> "$CALLS"
case "$1 $2" in
  'compose ps') printf '%s' "$APIS" ;;
  'compose run') echo tried ;;
  'exec '*) echo '{"broker":"away"}'; case " $READY " in *" $2 "*) ;; *) exit 1 ;; esac ;;
esac
`;

/** Of those that don't run, which would come back as they were. */
const STOPPED = 'compose rm --force api';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nebula-replace-'));
  writeFileSync(join(folder, 'docker'), DOCKER, { mode: 0o755 });
  writeFileSync(join(folder, 'sleep'), '#!/bin/sh\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs it where these apis are, of all containers those ready that are named. */
function replace(apis: string[], ready: string[]) {
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const { status, stderr } = spawnSync('sh', [SCRIPT], {
    env: {
      ...{ PATH: `${folder}:${process.env['PATH'] ?? ''}`, CALLS: calls },
      ...{ APIS: apis.map((id) => `${id}\n`).join(''), READY: ready.join(' ') },
    },
    encoding: 'utf8',
  });
  const changing = readFileSync(calls, 'utf8')
    .split('\n')
    .filter((call) => /^(stop|rm|compose (up|rm))/.test(call));
  return { status, stderr, changing };
}

it('starts as many new ones as there are, and only then ends these, one after the other', () => {
  const up = 'compose up --detach --wait --no-deps --no-recreate --scale api=4 api';
  expect(replace(['one', 'two'], ['one', 'two', 'tried'])).toEqual({
    ...{ status: 0, stderr: '' },
    changing: [
      ...[STOPPED, 'stop tried', up],
      ...['stop one', 'rm --force one', 'stop two', 'rm --force two', 'rm --force tried'],
    ],
  });
});

it('replaces none where one of the new settings does not get ready, and says why', () => {
  const { status, stderr, changing } = replace(['one', 'two'], ['one', 'two']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^The api tried is not ready: {"broker":"away"}\n[^]*No api was replaced\.\n$/);
  expect(changing).toEqual([STOPPED, 'rm --force tried']);
});

it('ends none where one of the new ones does not get ready after all', () => {
  const { status, stderr, changing } = replace(['one', 'two'], ['one', 'tried']);
  expect(status).toBe(1);
  expect(stderr).toContain('The api two is not ready');
  expect(changing).not.toContain('stop one');
});

it('begins nothing for which HAProxy has no room', () => {
  const six = ['1', '2', '3', '4', '5', '6'];
  const { status, stderr, changing } = replace(six, [...six, 'tried']);
  expect({ status, changing }).toEqual({ status: 1, changing: [STOPPED] });
  expect(stderr).toMatch(/^More than 5 apis run: .* --scale api=5 /);
});

it('says how to start what does not run', () => {
  const { status, stderr, changing } = replace([], []);
  expect({ status, changing }).toEqual({ status: 1, changing: [STOPPED] });
  expect(stderr).toContain('docker compose up --detach --wait');
});
