import { expect } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../tools/services/free-port.mjs';
import { type OwnMongo, startMongo } from '../../tools/services/mongo.mjs';
import { type Broker, startBroker } from '../../tools/services/rabbitmq.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { BrokerProxy } from './broker-proxy.js';
import { REPOSITORY } from './clone.js';
import { eventually } from './eventually.js';
import { FleetApi } from './fleet-api.js';
import { sayDatabase } from './fleet-database.js';
import { FleetServer } from './fleet-server.js';
import { ServiceProcess } from './service-process.js';

/** Until all servers have a change, whatever happened before, milliseconds. */
export const REGIONS_LIMIT = 90_000;

const REGIONS = ['eu', 'us'] as const;
export type RegionName = (typeof REGIONS)[number];

const VHOST = 'nebula';
const API_USER = { RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: secret('r3gions-Api') };
const WORKER_USER = { RABBIT_USER: 'nebula-worker', RABBIT_PASSWORD: secret('r3gions-Worker') };
/** Heartbeats are rare: who waits for a broker that is silent is not to be freed by them soon. */
const INTERVALS = {
  ...{ VERIFY_INTERVAL_SECONDS: '2', REPORT_INTERVAL_SECONDS: '1' },
  ...{ RABBIT_HEARTBEAT: '30', RABBIT_RECONNECT_MAX_SECONDS: '2', RABBIT_RECONNECT_SPREAD_SECONDS: '1' },
};

/** One broker and one server of a region. */
export interface Region {
  broker: Broker;
  server: FleetServer;
  /** Between the api and the broker; the workers of the region reach it without. */
  proxy: BrokerProxy;
}

/** Two regions with a broker and a server each, one api for both, and a database. All of it is real. */
export class TwoRegions {
  api: { process: ServiceProcess; api: FleetApi } | null = null;
  private starts = 0;

  private constructor(
    private readonly folder: string,
    private readonly apps: readonly string[],
    readonly database: OwnMongo,
    readonly regions: Record<RegionName, Region>,
  ) {}

  /** Starts all but the api and the workers, with nothing set up on the brokers. */
  static async start(apps: readonly string[]): Promise<TwoRegions> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-e2e-regions-'));
    const settings = await deployedSettings();
    const database = await startMongo(sayDatabase);
    const [eu, us] = await Promise.all(
      REGIONS.map(async (name): Promise<Region> => {
        const broker = await startBroker({ folder: join(folder, `rabbitmq-${name}`), settings });
        const [host = ''] = broker.hosts;
        const server = await FleetServer.start({
          ...{ name: `server-${name}`, folder: join(folder, `server-${name}`) },
          program: program('worker'),
          environment: {
            ...{ ...WORKER_USER, ...INTERVALS, RABBIT_HOST: host, RABBIT_VHOST: VHOST },
            ...{ APP_NAME: apps.join(), WORKER_PORT: '0', WORKER_LABELS: `region=${name}` },
          },
        });
        return { broker, server, proxy: await BrokerProxy.start(host) };
      }),
    );
    if (!eu || !us) throw new Error('a region is missing');
    return new TwoRegions(folder, apps, database, { eu, us });
  }

  /** Ends all of it, in whatever state it is. */
  async end(): Promise<void> {
    await this.api?.process.kill();
    for (const { server, proxy, broker } of Object.values(this.regions)) {
      await server.end();
      await proxy.end();
      await broker.remove();
    }
    await this.database.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * What an operator does to new brokers, all at once.
   * @param command of the documents, which is run from the sources
   */
  async setUpBrokers(command: string, ...regions: RegionName[]): Promise<void> {
    const ran = await this.play(command, {
      ...{ ...API_USER, RABBIT_VHOST: VHOST, REPORT_INTERVAL_SECONDS: '1' },
      ...{ RABBIT_WORKER_USER: WORKER_USER.RABBIT_USER, RABBIT_WORKER_PASSWORD: WORKER_USER.RABBIT_PASSWORD },
      RABBIT_REGIONS: this.configured(regions, ({ broker: { hosts, admin, managementUrls } }) => ({
        ...{ rabbit_host: hosts, rabbit_management_url: managementUrls[0] },
        ...{ rabbit_admin_user: admin.user, rabbit_admin_password: admin.password },
      })),
    });
    expect(ran).toMatchObject({ code: 0 });
  }

  /** A command of the api's program that needs the database alone. */
  async backUp(command: 'backup' | 'restore', file: string, schema: string) {
    return await this.run(command, { MONGO_URL: this.database.url, SCHEMA_NAME: schema }, file);
  }

  /** Starts an api for these regions, after the end of the one before. */
  async startApi(regions: readonly RegionName[], schema = 'nebula'): Promise<FleetApi> {
    await this.api?.process.stop();
    const port = await freePort();
    this.starts += 1;
    const process = new ServiceProcess({
      ...{ name: `api-${this.starts}`, folder: this.folder, args: [program('api')] },
      environment: {
        ...{ ...API_USER, ...INTERVALS, RABBIT_VHOST: VHOST, API_PORT: String(port) },
        ...{ MONGO_URL: this.database.url, SCHEMA_NAME: schema },
        RABBIT_REGIONS: this.configured(regions, ({ proxy }) => ({ rabbit_host: proxy.address })),
      },
    });
    process.start();
    const api = new FleetApi(`http://127.0.0.1:${port}`);
    this.api = { process, api };
    await eventually(async () => expect(await api.isReady()).toBe(true), REGIONS_LIMIT);
    return api;
  }

  /** Resolves when so many workers, and no others, have converged on the newest revision of an app. */
  async converged(app: string, workers: number = REGIONS.length): Promise<void> {
    await eventually(async () => {
      expect(await this.api?.api.wait(app, 1)).toMatchObject({
        ...{ outcome: 'converged', converged: workers, pending: 0, offline: 0 },
      });
    }, REGIONS_LIMIT);
  }

  /** The containers of all apps on each server. */
  async containers() {
    return await Promise.all(
      Object.values(this.regions).map(
        async ({ server }) => await Promise.all(this.apps.map(async (app) => await server.containers(app))),
      ),
    );
  }

  private configured(regions: readonly RegionName[], of: (region: Region) => object): string {
    return JSON.stringify(Object.fromEntries(regions.map((name) => [name, of(this.regions[name])])));
  }

  private async play(command: string, environment: Record<string, string>) {
    const args = ['-c', `exec ${command}`];
    const process = new ServiceProcess({
      ...{ name: command, program: 'sh', args, folder: REPOSITORY, environment },
    });
    return { code: await process.run(), output: process.output };
  }

  private async run(command: string, environment: Record<string, string>, ...more: string[]) {
    const args = [program('api'), command, ...more];
    const process = new ServiceProcess({ name: command, args, folder: this.folder, environment });
    return { code: await process.run(), output: process.output };
  }
}

/** What we say that a broker should be configured with, but for where it listens: a wrong line ends its start. */
async function deployedSettings(): Promise<string[]> {
  const text = await readFile(join(REPOSITORY, 'deploy', 'rabbitmq', 'rabbitmq.conf'), 'utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.filter((line) => !/^(listeners|ssl_options|management\.tcp)/.test(line));
}

function program(service: 'api' | 'worker'): string {
  return join(REPOSITORY, 'apps', service, 'dist', 'main.js');
}
