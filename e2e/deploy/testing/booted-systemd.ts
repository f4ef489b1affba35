import { expect } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePackages } from '../../../tools/engine/packages.mjs';
import { searchForSecrets } from '../../../tools/test/known-secrets.mjs';
import { eventually } from '../../testing/eventually.js';

/** Programs that a machine with systemd has; it is started with those of this one. */
const PACKAGES = ['systemd', 'systemd-container', 'dbus'];

const BOOT_LIMIT = 120_000;

/** Namespaces of what is run inside; that of the network is the machine's. */
const NAMESPACES = ['--mount', '--uts', '--ipc', '--pid', '--cgroup'];

export interface Ran {
  code: number;
  output: string;
}

/**
 * A machine with systemd as its first process, in namespaces of its own: the programs of this machine, read-only, over
 * a configuration that knows nothing but root.
 */
export class BootedSystemd {
  private leader = 0;

  private constructor(private readonly nspawn: ChildProcess) {}

  /**
   * @param root empty folder for all that isn't `/usr`; `usr-local` in it is `/usr/local`
   * @param binds paths of this machine by where they are seen there
   * @param groups numbers by name
   */
  static async boot(
    root: string,
    binds: Readonly<Record<string, string>>,
    groups: Readonly<Record<string, number>>,
  ): Promise<BootedSystemd> {
    await ensurePackages(PACKAGES, (line) => console.log(line));
    await makeRoot(root, groups);
    const mounts = Object.entries(binds).map(([inside, path]) => `--bind=${path}:${inside}`);
    const nspawn = spawn(
      'systemd-nspawn',
      [
        ...['--quiet', `--directory=${root}`, '--bind-ro=/usr', ...mounts],
        `--bind=${join(root, 'usr-local')}:/usr/local`,
        // Nobody here keeps a list of machines, or can give it a scope.
        ...['--register=no', '--keep-unit', '--boot', '--', '--unit=multi-user.target'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    nspawn.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      searchForSecrets(said, 'what a machine says while it starts');
    });
    const machine = new BootedSystemd(nspawn);
    await eventually(async () => {
      if (nspawn.exitCode !== null) throw new Error(`systemd-nspawn has ended: ${said}`);
      machine.leader = await childOf(nspawn.pid ?? 0);
      const { output } = await machine.run(['systemctl', 'is-system-running']);
      if (output !== 'running') throw new Error(`systemd is ${output}`);
    }, BOOT_LIMIT);
    return machine;
  }

  /** Runs a program there, as root. */
  async run(command: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
    const args = ['--target', String(this.leader), ...NAMESPACES, '--', ...command];
    // Nothing of this machine's environment is meant for that one.
    const clean = { extendEnv: false, env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin', ...env } };
    const { exitCode, all } = await execa('nsenter', args, { all: true, reject: false, ...clean });
    searchForSecrets(all, `the output of ${command[0]} on a machine`);
    return { code: exitCode ?? -1, output: all };
  }

  /**
   * Types a command of the pages there, in the home folder of root, who needs no `sudo`.
   * @returns what it prints
   */
  async type(command: string): Promise<string> {
    const line = command.replace(/^sudo /, '');
    const { code, output } = await this.run(['sh', '-c', `cd /root && ${line}`]);
    expect({ command, code, output }).toMatchObject({ command, code: 0 });
    return output;
  }

  /** A property of a unit, as systemd has it. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.run(['systemctl', 'show', '--value', `--property=${name}`, unit])).output;
  }

  async powerOff(): Promise<void> {
    if (this.nspawn.exitCode !== null) return;
    const ended = once(this.nspawn, 'exit');
    await this.run(['systemctl', 'poweroff', '--force']);
    await ended;
  }
}

async function makeRoot(root: string, groups: Readonly<Record<string, number>>): Promise<void> {
  for (const folder of [
    'usr',
    'etc',
    'var/lib',
    'run',
    'tmp',
    'proc',
    'sys',
    'dev',
    'root',
    'opt',
    'usr-local',
  ])
    await mkdir(join(root, folder), { recursive: true });
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${folder}`, join(root, folder));
  const files = {
    'os-release': 'ID=test\n',
    passwd: 'root:x:0:0:root:/root:/bin/sh\n',
    group: ['root:x:0:', ...Object.entries(groups).map(([name, id]) => `${name}:x:${id}:`), ''].join('\n'),
    'nsswitch.conf': 'passwd: files systemd\ngroup: files systemd\nhosts: files dns\n',
    // With one that it knows, systemd doesn't enable all units as on a first boot.
    'machine-id': '0123456789abcdef0123456789abcdef\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, 'etc', name), text);
}

/** The first process inside, which is the only child of systemd-nspawn. */
async function childOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const children = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')),
  );
  const [child] = children.join(' ').split(' ').filter(Boolean);
  if (child === undefined) throw new Error('systemd-nspawn has no child yet');
  return Number(child);
}
