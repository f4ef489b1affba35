import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { createHash } from 'node:crypto';
import {
  appendFile,
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleService } from '../../tools/bundle/bundle-service.mjs';
import { ensurePackages } from '../../tools/engine/packages.mjs';
import { REPOSITORY } from '../testing/clone.js';

const SYSTEMD = join(REPOSITORY, 'deploy', 'systemd');
const UNITS = ['nebula-api.service', 'nebula-worker.service'];
const LIB = 'usr/local/lib/nebula';
const STRICT = 'umask 077; exec sh "$0" "$@"';
const LIMIT = 300_000;

let folder: string;
/** What `npm run bundle` makes. */
let bundles: string;

beforeAll(async () => {
  await ensurePackages(['systemd', 'shellcheck'], (line) => console.log(line));
  folder = await mkdtemp(join(tmpdir(), 'nebula-systemd-'));
  bundles = join(folder, 'dist');
  await mkdir(bundles);
  for (const service of ['api', 'worker'] as const) await bundleService(service, bundles);
  // As a copy is made by who keeps new files to himself.
  await execa('chmod', ['-R', 'go=', bundles]);
}, LIMIT);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** As root does whose new files are for nobody else. */
async function run(script: string, args: string[], env: Record<string, string>, cwd = REPOSITORY) {
  const { exitCode, all } = await execa('sh', ['-c', STRICT, join(SYSTEMD, script), ...args], {
    ...{ env: { FROM: bundles, NODE: process.execPath, ...env }, all: true, reject: false, cwd },
  });
  return { code: exitCode, output: all };
}

/** Every file below a folder with its mode. */
async function files(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const modes = await Promise.all(
    paths.map(
      async (path) => `${((await stat(path)).mode & 0o777).toString(8)} ${path.slice(root.length + 1)}`,
    ),
  );
  return modes.filter((line) => !/nebula\/(node_modules|swagger-ui)\//.test(line)).sort();
}

/** The digest of every file below a folder. */
async function contents(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const digests = await Promise.all(
    paths.map(async (path) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ),
  );
  return Object.fromEntries(paths.map((path, index) => [path.slice(root.length + 1), digests[index] ?? '']));
}

describe('the units', () => {
  it('are right for systemd, and as hardened as a program that compiles can be', async () => {
    // The programs of the units have to be there, and the units to be where systemd finds their names.
    const root = join(folder, 'verified');
    await mkdir(root);
    for (const unit of UNITS) await copyFile(join(SYSTEMD, unit), join(root, unit));
    const paths = UNITS.map((unit) => join(root, unit));
    await execa('sed', ['-i', `s#/usr/bin/node #${process.execPath} #`, ...paths]);
    const { all: found } = await execa('systemd-analyze', ['verify', '--man=no', ...paths], { all: true });
    expect(found).toBe('');
    // 2.0 of 10 at most, by systemd's own measure.
    const args = ['security', '--no-pager', '--offline=true', '--threshold=20', ...paths];
    const { exitCode } = await execa('systemd-analyze', args, { reject: false });
    expect(exitCode).toBe(0);
  });

  it('come with scripts in which shellcheck finds nothing', async () => {
    const scripts = ['install.sh', 'uninstall.sh'].map((name) => join(SYSTEMD, name));
    const { exitCode, stdout } = await execa('shellcheck', scripts, { reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  });
});

describe('install.sh into a folder', () => {
  it('puts everything in its place, keeps what is configured, and is undone by uninstall.sh', async () => {
    const root = join(folder, 'package');
    expect(await run('install.sh', ['api', 'worker'], { DESTDIR: root })).toEqual({ code: 0, output: '' });
    expect(await files(root)).toEqual(
      [
        ...['600 etc/nebula/api.env', '600 etc/nebula/worker.env'],
        ...UNITS.map((unit) => `644 etc/systemd/system/${unit}`),
        ...[`644 ${LIB}/README.md`, `644 ${LIB}/nebula-api.mjs`, `644 ${LIB}/nebula-worker.mjs`],
        `755 ${LIB}/uninstall.sh`,
      ].sort(),
    );
    expect((await stat(join(root, 'etc/nebula'))).mode & 0o777).toBe(0o700);
    // The services run as users that own nothing.
    const closed = ['-not', '-perm', '-go=r', '-o', '-type', 'd', '-not', '-perm', '-go=x'];
    const found = await execa('find', [join(root, LIB), ...closed]);
    expect(found.stdout).toBe('');
    const hashing = join(root, LIB, 'node_modules/@node-rs/argon2');
    expect((await stat(hashing)).mode & 0o777).toBe(0o755);
    expect((await stat(join(hashing, 'index.js'))).mode & 0o777).toBe(0o644);

    await writeFile(join(root, 'etc/nebula/worker.env'), 'APP_NAME=shop\n');
    await run('install.sh', ['worker'], { DESTDIR: root });
    const { stdout } = await execa('cat', [join(root, 'etc/nebula/worker.env')]);
    expect(stdout).toBe('APP_NAME=shop');

    // What an installation that was killed has left.
    await writeFile(join(root, 'etc/nebula/worker.env.new'), '');
    await writeFile(join(root, 'etc/systemd/system/nebula-worker.service.new'), '');
    expect(await run('uninstall.sh', [], { DESTDIR: root })).toEqual({ code: 0, output: '' });
    expect(await files(root)).toEqual(['600 etc/nebula/api.env', '600 etc/nebula/worker.env']);
    await run('uninstall.sh', ['--purge'], { DESTDIR: root });
    expect(await files(root)).toEqual([]);
  });

  it('leaves everything as it was when the disk is full, and can be run again', async () => {
    const root = join(folder, 'full');
    await mkdir(root);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'nebula', root]);
    try {
      expect(await run('install.sh', ['api', 'worker'], { DESTDIR: root })).toEqual({ code: 0, output: '' });
      const before = await contents(root);
      const newer = join(folder, 'newer');
      await cp(bundles, newer, { recursive: true });
      await appendFile(join(newer, 'nebula-api.mjs'), '// newer\n');
      await writeFile(join(newer, 'node_modules', 'large'), Buffer.alloc(1_048_576));
      const { bsize, blocks, bfree } = await statfs(root);
      await execa('mount', ['-o', `remount,size=${(blocks - bfree) * bsize + 65_536}`, root]);
      const { code, output } = await run('install.sh', ['api', 'worker'], { DESTDIR: root, FROM: newer });
      expect({ code, output }).toEqual({
        code: 1,
        output: expect.stringContaining('No space left on device'),
      });
      expect(await contents(root)).toEqual(before);

      await execa('mount', ['-o', 'remount,size=1g', root]);
      const again = await run('install.sh', ['api', 'worker'], { DESTDIR: root, FROM: newer });
      expect(again).toEqual({ code: 0, output: '' });
      const after = await contents(root);
      const changed = Object.keys(after).filter((path) => after[path] !== before[path]);
      expect(changed.sort()).toEqual([`${LIB}/nebula-api.mjs`, `${LIB}/node_modules/large`]);
      expect(Object.keys(before).filter((path) => !(path in after))).toEqual([]);
    } finally {
      await execa('umount', [root]);
    }
  });

  it.each<[string, string, string, 'before' | 'newer']>([
    ['leaves everything as it was when it is ended while it makes its files', 'cp', 'TERM', 'before'],
    ['puts everything in its place when it is ended while it does so', 'mv', 'INT', 'newer'],
  ])('%s', async (what, command, signal, left) => {
    const root = join(folder, what);
    const newer = await installed(root);
    const before = await contents(root);
    const expected = left === 'before' ? before : { ...before, ...(await changedBy(newer)) };
    const { code } = await run('install.sh', ['api', 'worker'], {
      ...{ DESTDIR: root, FROM: newer, PATH: await ending(command, signal) },
    });
    expect(code).toBe(left === 'before' ? 1 : 0);
    expect(await contents(root)).toEqual(expected);
  });

  it('mends what one has left that was killed while it put files in their places', async () => {
    const root = join(folder, 'killed');
    const newer = await installed(root);
    const before = await contents(root);
    const PATH = await ending('mv', 'KILL');
    await run('install.sh', ['api', 'worker'], { DESTDIR: root, FROM: newer, PATH });
    expect(await contents(root)).not.toEqual(before);
    const again = await run('install.sh', ['api', 'worker'], { DESTDIR: root, FROM: newer });
    expect(again).toEqual({ code: 0, output: '' });
    expect(await contents(root)).toEqual({ ...before, ...(await changedBy(newer)) });
  });

  /** Installs both services, and makes files for an update. */
  async function installed(root: string): Promise<string> {
    expect(await run('install.sh', ['api', 'worker'], { DESTDIR: root })).toEqual({ code: 0, output: '' });
    const newer = `${root} newer`;
    await cp(bundles, newer, { recursive: true });
    await appendFile(join(newer, 'nebula-api.mjs'), '// newer\n');
    await writeFile(join(newer, 'node_modules', 'added'), 'newer');
    return newer;
  }

  /** What of that an update changes, by its place. */
  async function changedBy(newer: string): Promise<Record<string, string>> {
    const changed = Object.entries(await contents(newer)).filter(([path]) =>
      ['nebula-api.mjs', 'node_modules/added'].includes(path),
    );
    return Object.fromEntries(changed.map(([path, digest]) => [`${LIB}/${path}`, digest]));
  }

  /** A PATH on which a command sends a signal to the script that runs it, when it has done its work. */
  async function ending(command: string, signal: string): Promise<string> {
    const programs = await mkdtemp(join(folder, 'programs-'));
    const script = `#!/bin/sh\n/bin/${command} "$@"\nkill -${signal} $PPID\n`;
    await writeFile(join(programs, command), script, { mode: 0o755 });
    return `${programs}:${process.env['PATH'] ?? ''}`;
  }

  it.each([
    ['relative to the folder that it is called in', './node', {}],
    ['of the PATH', 'node', { PATH: `.:${process.env['PATH'] ?? ''}` }],
  ])('writes the whole place of a node %s into the unit', async (_what, NODE, env) => {
    const root = join(folder, 'relative');
    const own = await mkdtemp('/opt/nebula-node-');
    await symlink(process.execPath, join(own, 'node'));
    const { code, output } = await run('install.sh', ['worker'], { DESTDIR: root, NODE, ...env }, own);
    await rm(own, { recursive: true });
    expect({ code, output }).toEqual({ code: 0, output: '' });
    const unit = await readFile(join(root, 'etc', 'systemd', 'system', 'nebula-worker.service'), 'utf8');
    expect(unit).toMatch(new RegExp(`^ExecStart=${own}/node /`, 'm'));
    await rm(root, { recursive: true });
  });

  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['nothing', [], {}, /say what to install: api, worker, or both$/],
    ['an unknown service', ['worker', 'apy'], {}, /there is no service "apy": it must be api or worker$/],
    ['no bundle', ['worker'], { FROM: '/nowhere' }, /nebula-worker\.mjs is missing: run "npm run bundle"/],
    [
      'an api without its folders',
      ['api'],
      { FROM: 'alone' },
      /swagger-ui is missing: take all that "npm run/,
    ],
    ['no node', ['worker'], { NODE: '/nowhere/node' }, /install Node 20\.19 or later, or set NODE/],
    ['a node that is too old', ['worker'], { NODE: 'old' }, /is v18\.0\.0, but 20\.19 or later is needed$/],
    ['a node in a home folder', ['worker'], { NODE: 'home' }, /is in a home folder.*: set NODE to another/],
    ['a link to one', ['worker'], { NODE: 'linked' }, /is a link to \/root\/.*, in a home folder, which the/],
    [
      'a node for a while',
      ['worker'],
      { NODE: 'temporary' },
      /is in a folder for temporary files, which the/,
    ],
  ])('refuses %s in one sentence, and changes nothing', async (_what, args, env, message) => {
    const root = join(folder, 'refused');
    const old = join(folder, 'old-node');
    await writeFile(old, '#!/bin/sh\n[ "$1" = --version ] && echo v18.0.0\nexit 1\n');
    await chmod(old, 0o755);
    const alone = join(folder, 'alone');
    await mkdir(alone, { recursive: true });
    await copyFile(join(bundles, 'nebula-api.mjs'), join(alone, 'nebula-api.mjs'));
    const node = async (parent: string) => join(await mkdtemp(join(parent, 'nebula-node-')), 'node');
    const [home, linked, temporary] = [await node('/root'), await node('/opt'), await node('/tmp')];
    await writeFile(home, `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
    await symlink(home, linked);
    await symlink(process.execPath, temporary);
    const places: Record<string, string> = { old, alone, home, linked, temporary };
    const given = Object.fromEntries(
      Object.entries(env).map(([key, value]) => [key, places[value] ?? value]),
    );
    const { code, output } = await run('install.sh', args, { DESTDIR: root, ...given });
    for (const made of [home, linked, temporary]) await rm(dirname(made), { recursive: true });
    expect(code).toBe(1);
    expect(output).toMatch(message);
    expect(output).not.toContain('\n');
    await expect(stat(root)).rejects.toThrow('ENOENT');
  });
});
