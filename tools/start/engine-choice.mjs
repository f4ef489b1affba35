/**
 * Which Docker Engine is used: DOCKER_HOST alone where it is set, else the machine's own, else ours in the state
 * folder, which is set up on the first start where that is possible.
 */
import { EXIT, StartError } from '@nebula/standalone';
import { existsSync } from 'node:fs';
import { engineOf, startEngine, stopEngine } from '../engine/engine.mjs';
import { findEngine, pingEngine } from '../engine/find-engine.mjs';
import { engineInstallProblem, installEngine, missingForEngine } from '../engine/install-engine.mjs';

/** @import { StandaloneConfiguration, StateFolder } from '@nebula/standalone' */
/** @import { FoundEngine, MissingEngine } from '../engine/find-engine.mjs' */

/**
 * @param {StandaloneConfiguration} configuration
 * @param {StateFolder} folder
 * @param {boolean} mayInstall packages, or start an engine of our own for the first time
 * @param {(line: string) => void} say
 * @returns {Promise<string>} its address, as DOCKER_HOST has it
 * @throws {StartError} with what to do when there is none
 */
export async function engineForStart(configuration, folder, mayInstall, say) {
  const found = await engineOfMachine(configuration);
  if (found.found) {
    say(`Docker Engine ${found.version} at ${found.host}`);
    return found.host;
  }
  if (configuration.docker_host) throw noEngine([unanswered(configuration.docker_host, found.reason)]);
  const own = engineOf(folder.engine);
  if (own) return await startOwn(folder, say);
  const problem = engineInstallProblem();
  const missing = problem === null ? missingForEngine() : [];
  if (existsSync(folder.engine) && problem === null && missing.length === 0)
    return await startOwn(folder, say);

  const where = `No Docker Engine answers at ${found.host}: ${found.reason}.`;
  if (problem !== null) throw noEngine([where, `To go on, ${problem}`]);
  if (!mayInstall) {
    const [what, or] =
      missing.length > 0
        ? [
            `install ${missing.join(', ')} and start an engine in the state folder`,
            'apt-get install docker.io',
          ]
        : [
            'start an engine of its own in the state folder',
            'systemctl start docker, which is installed here',
          ];
    throw noEngine([where, `Without --no-install, which forbids it, npm start would ${what}. Or run: ${or}`]);
  }
  say(where);
  say(
    missing.length > 0
      ? `Going to install ${missing.join(', ')}, and to start an engine of our own in ${folder.engine} …`
      : `Docker is installed and doesn't run (systemctl start docker). Going to start an engine of our own in ${folder.engine} …`,
  );
  try {
    await installEngine(say);
  } catch (error) {
    throw noEngine([`docker.io could not be installed: ${messageOf(error)}`]);
  }
  return await startOwn(folder, say);
}

/**
 * @param {StandaloneConfiguration} configuration
 * @param {StateFolder} folder
 * @returns {Promise<string | null>} address of the engine that has what is to be removed; null when none answers
 * @throws {StartError} when docker_host is set and doesn't answer, or an engine of our own can't be started
 */
export async function engineForDown(configuration, folder) {
  const found = await engineOfMachine(configuration);
  if (found.found) return found.host;
  if (configuration.docker_host) throw noEngine([unanswered(configuration.docker_host, found.reason)]);
  // Its containers come back with it, so it has to run for them to be removed.
  if (!existsSync(folder.engine)) return null;
  return await startOwn(folder, () => {});
}

/**
 * @param {StateFolder} folder
 * @returns {Promise<boolean>} whether an engine of our own ran
 */
export async function stopOwnEngine(folder) {
  return await stopEngine(folder.engine);
}

/**
 * @param {StandaloneConfiguration} configuration
 * @returns {Promise<FoundEngine | MissingEngine>}
 */
function engineOfMachine({ docker_host, docker_socket }) {
  return docker_host ? pingEngine(docker_host) : findEngine({ dockerHost: '', socket: docker_socket });
}

/**
 * @param {StateFolder} folder
 * @param {(line: string) => void} say
 */
async function startOwn(folder, say) {
  try {
    const { host } = await startEngine({ folder: folder.engine });
    say(`Docker Engine of our own at ${host}; "npm run down" stops it`);
    return host;
  } catch (error) {
    throw noEngine([messageOf(error)]);
  }
}

/**
 * @param {string} host
 * @param {string} reason
 */
function unanswered(host, reason) {
  return `docker_host is ${host}, but no Docker Engine answers there: ${reason}`;
}

/** @param {string[]} problems */
function noEngine(problems) {
  return new StartError(problems, EXIT.unavailable);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
