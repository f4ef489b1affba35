/**
 * Images that are made of programs of this machine, so that no registry is needed.
 */
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { librariesOf } from '../start/node-files.mjs';

const run = promisify(execFile);

const BUSYBOX = '/bin/busybox';

/**
 * @typedef {object} MachineImage
 * @property {string[]} paths files and folders of this machine, absolute, which have the same place in the image
 * @property {Record<string, string>} [scripts] programs that are written anew: absolute path and text
 * @property {Record<string, string>} [links] absolute path and what it leads to
 * @property {string[]} [folders] absolute paths of empty folders
 * @property {string[]} changes lines as in a Dockerfile
 */

/**
 * Makes an image that also has a shell with busybox's commands, unless the engine has one of that name.
 * @param {string} host of the engine
 * @param {string} reference with a tag
 * @param {() => Promise<MachineImage>} contents
 */
export async function ensureMachineImage(host, reference, contents) {
  const environment = { ...process.env, DOCKER_HOST: host };
  const { stdout } = await run('docker', ['images', '--quiet', reference], { env: environment });
  if (stdout.trim() !== '') return;
  const { paths, scripts = {}, links = {}, folders = [], changes } = await contents();
  const folder = await mkdtemp(join(tmpdir(), 'nebula-image-'));
  try {
    const root = join(folder, 'root');
    await writeRoot(root, { scripts, links, folders });
    const archive = join(folder, 'image.tar');
    // What is a link here is a file there, since what it leads to need not be there.
    const found = [...new Set(paths)].map((path) => path.slice(1));
    await run('tar', ['--create', '--dereference', '--file', archive, '--directory', '/', ...found]);
    await run('tar', ['--append', '--owner=0', '--group=0', '--file', archive, '--directory', root, '.']);
    const args = ['import', ...changes.flatMap((change) => ['--change', change]), '-', reference];
    await importFrom(archive, args, environment);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} programs executables and shared objects, absolute
 * @returns {Promise<string[]>} the libraries that they need, absolute
 */
export async function librariesFor(programs) {
  const texts = await Promise.all(
    programs.map(async (program) => {
      const env = { ...process.env, LC_ALL: 'C' };
      // A static program has none, which ldd calls an error.
      return await run('ldd', [program], { env }).then(
        ({ stdout }) => stdout,
        () => '',
      );
    }),
  );
  return [...new Set(texts.flatMap((text) => librariesOf(text)))];
}

/**
 * @param {string} root
 * @param {Required<Pick<MachineImage, 'scripts' | 'links' | 'folders'>>} parts
 */
async function writeRoot(root, { scripts, links, folders }) {
  for (const path of ['/bin', '/etc', '/usr/bin', '/root', '/dev', '/proc', '/sys', '/tmp', ...folders])
    await mkdir(join(root, path), { recursive: true, mode: path === '/tmp' ? 0o777 : 0o755 });
  await cp(realpathSync(BUSYBOX), join(root, BUSYBOX));
  const { stdout } = await run(BUSYBOX, ['--list']);
  for (const name of stdout.trim().split('\n'))
    if (name !== 'busybox') await symlink('busybox', join(root, 'bin', name));
  await symlink(BUSYBOX, join(root, 'usr', 'bin', 'env'));
  await writeFile(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(join(root, 'etc', 'group'), 'root:x:0:\n');
  for (const [path, text] of Object.entries(scripts)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: 0o755 });
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await rm(join(root, path), { force: true });
    await symlink(target, join(root, path));
  }
}

/**
 * @param {string} archive
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<void>}
 */
function importFrom(archive, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`docker ${args.join(' ')} ended with ${code}:\n${output.trim()}`));
    });
    createReadStream(archive).on('error', reject).pipe(child.stdin);
    // It may end before it has read all.
    child.stdin.on('error', () => undefined);
  });
}

/** @param {readonly string[]} paths @returns {string[]} those that are there */
export function present(paths) {
  return paths.filter((path) => existsSync(path));
}
