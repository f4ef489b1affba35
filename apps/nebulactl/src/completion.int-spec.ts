import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reportOf } from '../../api/src/store/testing/records.js';
import { ApiUnderTest } from '../../api/src/testing/api-under-test.js';
import { eventually } from '../../api/src/testing/eventually.js';
import { bundleCommandLine } from '../../../tools/bundle/bundle-command-line.mjs';
import { ensurePackages } from '../../../tools/engine/packages.mjs';
import { Terminal } from '../../../tools/test/terminal.mjs';

const START_LIMIT = 300_000;
const LIMIT = 120_000;

let api: ApiUnderTest;
let folder: string;
let environment: Record<string, string>;
let terminal: Terminal | undefined;

beforeAll(async () => {
  await ensurePackages(['bash', 'zsh', 'fish'], () => undefined);
  api = await ApiUnderTest.start();
  await api.create('shop', { docker_image: 'shop:41' });
  // As engines call themselves, and so workers by default.
  const worker_id = 'ABCD:EFGH:IJKL';
  api.broker.reports.publish(reportOf({ app_name: 'shop', worker_id }));
  await eventually(async () => {
    expect((await api.call('GET', `/workers/${worker_id}`)).status).toBe(200);
  });
  folder = mkdtempSync(join(tmpdir(), 'nebulactl-completion-'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(await bundleCommandLine(folder), join(folder, 'bin', 'nebulactl'));
  writeFileSync(join(folder, 'of-shop.yaml'), '');
  environment = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    ...{ HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    ...{ NEBULA_URL: api.url, LC_ALL: 'C.UTF-8' },
  };
}, START_LIMIT);
afterEach(async () => {
  await terminal?.hangUp();
});
afterAll(async () => {
  await api?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('in a shell that has read its completion script, the tabulator completes', () => {
  it.each([
    ['bash', ['bash', '--noprofile', '--norc', '-i'], ''],
    ['zsh', ['zsh', '--no-rcs', '-i'], 'autoload -U compinit; compinit -u -D; '],
  ])(
    'in %s commands, their choices, names of apps, and files',
    async (shell, command, before) => {
      terminal = new Terminal(command, { folder, environment });
      // What is typed is echoed, so what is waited for is another text.
      terminal.type(`${before}source <(nebulactl completion ${shell}); echo "ready"-for-it\r`);
      await terminal.printed(/^ready-for-it$/m);
      for (const [typed, completed] of [
        ['nebulactl app hist', /nebulactl app history /],
        ['nebulactl -o js', /nebulactl -o json /],
        ['nebulactl apply -f of-', /nebulactl apply -f of-shop\.yaml /],
        ['nebulactl worker get ABCD:EF', /nebulactl worker get ABCD:EFGH:IJKL /],
      ] as const) {
        terminal.type(`${typed}\t`);
        await terminal.printed(completed);
        // Takes the line away.
        terminal.type('\u0015');
      }
      terminal.type('nebulactl app get sh\t');
      await terminal.printed(/nebulactl app get shop /);
      terminal.type('\r');
      await terminal.printed(/docker_image: shop:41/);
    },
    LIMIT,
  );

  it(
    'in fish, which can be asked for it',
    async () => {
      const asked = [
        ...['nebulactl app hist', 'nebulactl -o js', 'nebulactl apply -f of-', 'nebulactl app get sh'],
        'nebulactl worker get ABCD:EF',
      ];
      const lines = asked.map((line) => `complete --do-complete "${line}"; `).join('');
      const script = `nebulactl completion fish | source; ${lines}`;
      const { stdout } = await promisify(execFile)('fish', ['--no-config', '--command', script], {
        cwd: folder,
        env: environment,
      });
      expect(stdout.trim().split('\n')).toEqual([
        'history',
        'json',
        'of-shop.yaml',
        'shop',
        'ABCD:EFGH:IJKL',
      ]);
    },
    LIMIT,
  );
});
