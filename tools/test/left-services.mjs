/**
 * Engines, registries and brokers that tests have started and, being killed themselves, could not stop. They go on by design,
 * so they are told by a mark in their environment.
 */
import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { stopEngine } from '../engine/engine.mjs';
import { commandOf, end, environmentOf, pidsOf } from '../engine/processes.mjs';

const MARK = 'NEBULA_TEST_RUN';

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
  return ['dockerd', 'docker-registry', 'beam.smp', 'epmd'].includes(basename(command[0] ?? ''));
}
