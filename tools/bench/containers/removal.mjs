/**
 * Removes what one scope has made.
 */
import { ownThings, removeThings } from '../../start/own-things.mjs';

/** @import Docker from 'dockerode' */

/**
 * @param {Docker} docker
 * @param {string} scope
 * @returns {Promise<void>}
 * @throws {Error} that names each thing that is still there
 */
export async function removeOwnThings(docker, scope) {
  const problems = await removeThings(docker, await ownThings(docker, scope), () => undefined);
  if (problems.length > 0) throw new Error(problems.join('; '));
}
