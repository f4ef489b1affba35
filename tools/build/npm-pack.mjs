/**
 * Packs a folder as npm packs a package.
 */
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @param {string} folder with a package.json
 * @param {string} target folder, which is made when it isn't there
 * @returns {Promise<string>} path of the archive
 */
export async function npmPack(folder, target) {
  await mkdir(target, { recursive: true });
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--pack-destination', target], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm pack ended with ${status}: ${stderr}`);
  const [packed] = /** @type {{ filename: string }[]} */ (JSON.parse(stdout));
  if (!packed) throw new Error('npm pack has packed nothing');
  return join(target, packed.filename);
}
