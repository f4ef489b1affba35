import { expect } from '@jest/globals';
import { join } from 'node:path';
import { freePort } from '../../../tools/services/free-port.mjs';
import { REPOSITORY } from '../../testing/clone.js';
import type { EngineView } from '../../testing/engine-view.js';
import { eventually } from '../../testing/eventually.js';
import { FleetApi } from '../../testing/fleet-api.js';
import { ServiceProcess } from '../../testing/service-process.js';

const START_LIMIT = 60_000;

/** What `npm start` runs in the sources on a server: api and worker in one process, which keeps its state there. */
export class SingleServer {
  private constructor(
    readonly api: FleetApi,
    private readonly process: ServiceProcess,
  ) {}

  /**
   * @param sources folder of the clone, in which nothing has to be installed
   * @returns it when it serves
   */
  static async start(sources: string, { host }: EngineView): Promise<SingleServer> {
    const port = String(await freePort());
    const process = new ServiceProcess({
      ...{ name: 'npm start', folder: sources },
      args: [join(REPOSITORY, 'apps', 'standalone', 'dist', 'main.js')],
      environment: { DOCKER_HOST: host, API_PORT: port },
    });
    const server = new SingleServer(new FleetApi(`http://127.0.0.1:${port}`), process);
    process.start();
    try {
      await eventually(async () => expect(await server.api.isReady()).toBe(true), START_LIMIT);
    } catch (error) {
      // Its worker would work beside that of whatever comes next.
      await process.stop('SIGKILL');
      throw error;
    }
    return server;
  }

  /** Ends it by Ctrl-C. */
  async end(): Promise<void> {
    expect(await this.process.stop('SIGINT')).toBe(0);
  }
}
