import { expect, it } from '@jest/globals';
import { freePort } from '../../tools/services/free-port.mjs';
import { freshClone, removeClone } from './clone.js';
import { eventually } from './eventually.js';
import { CHANGE_LIMIT, type Fleet } from './fleet.js';
import { FleetApi } from './fleet-api.js';
import { NpmProcess } from './npm-process.js';
import { readiness } from './readiness.js';
import type { ServiceProcess } from './service-process.js';

/** Everything is installed and built in that time, milliseconds. */
const INSTALL_LIMIT = 300_000;

/**
 * Starts an api and a worker as a person does who has cloned the repository and nothing else.
 *
 * @param bed once the tests run; its workers run the app `shop`
 */
export function describeFleetFromClone(bed: () => Fleet): void {
  it(
    'npm run api and npm run worker serve a fleet from a fresh clone, with nothing done before',
    async () => {
      const fleet = bed();
      const clone = await freshClone();
      /** Runs a script of the clone in place of a service of the fleet, until it has served and is asked to end. */
      const serve = async (
        script: 'api' | 'worker',
        like: ServiceProcess,
        during: (port: string) => Promise<void>,
      ) => {
        const port = String(await freePort());
        const environment = { ...like.environment, API_PORT: port, WORKER_PORT: port };
        const npm = new NpmProcess(clone, ['run', script], environment);
        try {
          const served = eventually(
            async () => expect(await readiness(port)).toMatchObject({ status: 200 }),
            INSTALL_LIMIT,
          );
          const ended = npm.ended().then((code) => {
            throw new Error(`npm run ${script} ended with ${code}:\n${npm.output}`);
          });
          await Promise.race([served, ended]);
          await during(port);
        } finally {
          npm.signalGroup('SIGTERM');
          await npm.ended();
        }
      };
      const { worker } = fleet.server(1);
      try {
        await serve('api', fleet.apiNumber(1).process, async (port) => {
          await worker.stop();
          await serve('worker', worker, async () => {
            const api = new FleetApi(`http://127.0.0.1:${port}`);
            await api.change('shop', { env_vars: { STEP: 'from a clone' } });
            await fleet.arrives('shop', 'from a clone');
          });
        });
      } finally {
        if (!worker.isRunning) worker.start();
        await removeClone(clone);
      }
    },
    INSTALL_LIMIT + 3 * CHANGE_LIMIT,
  );
}
