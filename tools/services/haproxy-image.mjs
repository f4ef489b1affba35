/**
 * Makes an image of HAProxy from the package of this machine, so that no registry is needed.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { BUSYBOX_PACKAGE, importImage } from '../engine/images.mjs';
import { ensurePackages } from '../engine/packages.mjs';
import { librariesOf } from '../start/node-files.mjs';

const run = promisify(execFile);

const PROGRAM = '/usr/sbin/haproxy';

/** What scripts find in the image of HAProxy that registries have. */
const SHELL = ['sh', 'cat', 'mv', 'sleep'];

/** Where its configuration is to be mounted. */
export const HAPROXY_CONFIG = '/etc/haproxy/haproxy.cfg';

/**
 * @param {string} host of the engine
 * @param {string} reference with a tag
 * @param {(line: string) => void} say
 * @returns {Promise<string>} its id
 */
export async function makeHaproxyImage(host, reference, say) {
  await ensurePackages(['haproxy', BUSYBOX_PACKAGE], say);
  const { stdout } = await run('ldd', [PROGRAM], { env: { ...process.env, LC_ALL: 'C' } });
  const files = await Promise.all(
    [PROGRAM, ...librariesOf(stdout)].map(async (path) => ({
      path: path.slice(1),
      mode: 0o755,
      content: await readFile(path),
    })),
  );
  const shell = [
    { path: 'bin/' },
    { path: 'bin/busybox', mode: 0o755, content: await readFile('/bin/busybox') },
    ...SHELL.map((name) => ({ path: `bin/${name}`, mode: 0o777, link: 'busybox' })),
  ];
  const folders = ['etc/', 'etc/haproxy/', 'tmp/', 'dev/', 'proc/', 'sys/'].map((path) => ({ path }));
  return await importImage(
    host,
    reference,
    [...folders, ...files, ...shell],
    ['ENV PATH=/usr/sbin:/bin', `CMD ["${PROGRAM}", "-W", "-db", "-f", "${HAPROXY_CONFIG}"]`],
  );
}
