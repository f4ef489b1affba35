/**
 * Engines, registries, brokers, databases, apis and workers that tests have started and, being killed themselves,
 * could not stop. They go on without the tests, so they are told by a mark in their environment.
 */
import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { stopEngine } from '../engine/engine.mjs';
import { commandOf, end, environmentOf, pidsOf } from '../engine/processes.mjs';

const MARK = 'NEBULA_TEST_RUN';

const SERVICES = ['dockerd', 'docker-registry', 'beam.smp', 'epmd', 'mongod', 'prometheus'];

/** @returns {Record<string, string>} what marks all that is started with it, different for each run of the tests */
export function newMark() {
  return { [MARK]: randomUUID() };
}

/**
 * @param {Record<string, string>} mark
 * @returns {Promise<string[]>} what was stopped
 */
export async function stopLeftServices(mark) {
  /** @type {string[]} */
  const stopped = [];
  const line = `${MARK}=${mark[MARK]}`;
  for (const pid of pidsOf(isService).filter((id) => environmentOf(id).includes(line))) {
    const command = commandOf(pid);
    const data = command.find((part) => part.startsWith('--data-root='))?.slice('--data-root='.length);
    if (data) await stopEngine(dirname(data));
    else await end(pid, 5_000);
    stopped.push(command.join(' '));
  }
  return stopped;
}

/** @param {string[]} command */
function isService(command) {
  const program = basename(command[0] ?? '');
  return SERVICES.includes(program) || program.startsWith('ferretdb-') || isOurOwn(command);
}

/** @param {string[]} command of an api or a worker as tests start them: built, or bundled */
function isOurOwn([program = '', script = '']) {
  return basename(program) === 'node' && /\/(apps\/[a-z]+\/dist\/main\.js|nebula-[a-z]+\.mjs)$/.test(script);
}
