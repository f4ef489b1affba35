/**
 * The standalone program from the built packages, in a process of its own, on the engine of the benchmark.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiAt } from '../../start/api-client.mjs';
import { freePorts, portsInUse } from '../../start/free-ports.mjs';
import { removeOwnThings } from '../containers/removal.mjs';
import { until } from '../running/until.mjs';
import { startProgram } from './program.mjs';

/** @import { Bench } from '../running/bench.mjs' */

/** Below those of the containers. */
const API_PORT_FROM = 20_000;

const READY_LIMIT_MS = 60_000;
const CONVERGE_LIMIT_MS = 300_000;

/**
 * @param {Bench} bench
 * @param {string} name of the part, for its scope and its folder
 */
export async function prepareStandalone(bench, name) {
  const { docker, dockerHost, run, folder, stopping } = bench;
  const scope = `bench-${run}-${name}`;
  bench.cleanUp.add('containers of the standalone program', () => removeOwnThings(docker, scope));
  const state = join(folder, name);
  await mkdir(state, { mode: 0o700 });
  const port = await freePorts(API_PORT_FROM, 1, await portsInUse(docker));
  const url = `http://127.0.0.1:${port}`;
  const main = fileURLToPath(new URL('main.js', import.meta.resolve('@nebula/standalone')));
  const environment = {
    STATE_DIR: state,
    API_HOST: '127.0.0.1',
    API_PORT: String(port),
    DOCKER_HOST: dockerHost,
    SCOPE: scope,
    LOG_LEVEL: 'warn',
  };
  return {
    url,
    scope,
    start: async () => {
      const program = await startProgram(bench, 'standalone program', [main], environment);
      await until(
        'the standalone program is ready',
        async () => {
          if (program.ended()) throw new Error('the standalone program ended');
          return answersOk(`${url}/readyz`);
        },
        { limitMs: READY_LIMIT_MS, everyMs: 100, stopping },
      );
      return program;
    },
    /** @param {string} app @param {number} count */
    converged: (app, count) =>
      until(
        `${count} containers run`,
        async () => {
          const status = await apiAt(url).status(app);
          if (status?.state === 'failed') throw new Error(`the worker failed: ${status.last_error?.message}`);
          return status?.state === 'converged' && status.containers.length === count;
        },
        { limitMs: CONVERGE_LIMIT_MS, everyMs: 250, stopping },
      ),
  };
}

/** @param {string} url */
async function answersOk(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    // It doesn't listen yet.
    return false;
  }
}
