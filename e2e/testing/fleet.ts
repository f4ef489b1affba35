import { expect } from '@jest/globals';
import { streamName, WORKER_USER_PREFIX } from '@nebula/contracts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../tools/services/free-port.mjs';
import type { OwnMongo } from '../../tools/services/mongo.mjs';
import { type Broker, startBroker } from '../../tools/services/rabbitmq.mjs';
import { BrokerProxy } from './broker-proxy.js';
import { REPOSITORY } from './clone.js';
import type { SeenContainer } from './engine-view.js';
import { eventually } from './eventually.js';
import { FleetApi, type Waited } from './fleet-api.js';
import { type DatabaseUsers, type FleetDatabase, fleetDatabase } from './fleet-database.js';
import { FleetServer, type WorkerImage } from './fleet-server.js';
import { ServiceProcess } from './service-process.js';
import { StreamView } from './stream-view.js';

/** What is missing on the machine may have to be installed or built first. */
export const FLEET_START_LIMIT = 600_000;
/** Until all servers have a change, whatever happened before. */
export const CHANGE_LIMIT = 90_000;

/** What is granted beside the interval of verification to reading, writing, replacing and a busy machine, milliseconds. */
const HEALING_MS = 15_000;

const SERVERS = 3;
const VHOST = 'nebula';
/** Short, so that the tests are quick. */
const INTERVALS = {
  ...{ VERIFY_INTERVAL_SECONDS: '2', REPORT_INTERVAL_SECONDS: '1' },
  ...{ RABBIT_HEARTBEAT: '10', RABBIT_RECONNECT_MAX_SECONDS: '2', RABBIT_RECONNECT_SPREAD_SECONDS: '1' },
};
const API_USER = { RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: 'api-secret' };
const SECRET_KEYS = `k1:${Buffer.alloc(32, 'fleet').toString('base64')}`;
const WORKER_USER = { RABBIT_USER: 'nebula-worker', RABBIT_PASSWORD: 'worker-secret' };

/** Of a worker in a fleet with `userPerWorker`. */
export function workerIdOf(server: number): string {
  return `w${server}`;
}

/** The user of this worker alone. */
function ownUser(server: number): typeof WORKER_USER {
  const RABBIT_USER = WORKER_USER_PREFIX + workerIdOf(server);
  return { RABBIT_USER, RABBIT_PASSWORD: `secret-of-worker-${server}` };
}

export interface FleetOptions {
  /** That every worker lists. */
  apps: string[];
  brokerNodes?: number;
  /** Configuration of the workers beside what all fleets have. */
  worker?: Record<string, string>;
  /** The same of the apis. */
  api?: Record<string, string>;
  /** The apis know the administrator of the broker, and make by themselves what it lacks. */
  keepsBroker?: boolean;
  /** The database asks for a login: it has these two users, and the apis come as the second one. */
  databaseUsers?: DatabaseUsers;
  /** The database is a server of this fleet alone, which the tests stop; else it can be the one at MONGO_URL. */
  ownDatabase?: boolean;
  /**
   * Workers, all or those of some servers, have an id and a user of their own, see `workerIdOf`; the others have one
   * user, and their engines' ids.
   */
  userPerWorker?: boolean | readonly number[];
  /** Programs that `node` runs; the built ones of this work tree when absent. */
  programs?: { api: string; worker: string };
  /** The workers run in containers of this image in place of being processes of this machine. */
  workerImage?: WorkerImage;
}

/**
 * Everything real, on one machine: three servers with a Docker Engine and a worker each, two apis, a broker, a
 * database. The last server and the first api reach a broker of one node through a proxy each.
 */
export class Fleet {
  readonly apis: { process: ServiceProcess; api: FleetApi }[] = [];
  servers: FleetServer[] = [];
  private readonly proxies: BrokerProxy[] = [];
  private changes = 0;

  private constructor(
    private readonly folder: string,
    private readonly options: FleetOptions,
    readonly broker: Broker,
    private readonly store: FleetDatabase,
  ) {}

  /** Starts all of it, except for the workers. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-e2e-fleet-'));
    const nodes = options.brokerNodes ?? 1;
    const [broker, store] = await Promise.all([
      startBroker({ folder: join(folder, 'rabbitmq'), nodes }),
      fleetDatabase(options.ownDatabase, options.databaseUsers),
    ]);
    const fleet = new Fleet(folder, options, broker, store);
    try {
      await fleet.begin(nodes === 1);
      return fleet;
    } catch (error) {
      await fleet.end();
      throw error;
    }
  }

  /** Ends all of it, in whatever state it is. */
  async end(): Promise<void> {
    for (const { process } of this.apis) await process.kill();
    await Promise.all(this.servers.map((server) => server.end()));
    for (const proxy of this.proxies) await proxy.end();
    await this.broker.remove();
    await this.store.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The server of the database, which is this fleet's own. */
  get database(): OwnMongo {
    if (!this.store.own) throw new Error('the fleet was started without ownDatabase');
    return this.store.own;
  }

  /** As the apis have it. */
  get databaseUrl(): string {
    return this.store.url;
  }

  /** Of the last server. */
  get workerProxy(): BrokerProxy {
    return this.proxy(0);
  }

  /** Of the first api. */
  get apiProxy(): BrokerProxy {
    return this.proxy(1);
  }

  /**
   * Makes on the broker what api and workers need, as an operator does.
   * @param changes of the configuration of `setup-broker`
   */
  async setUpBroker(changes: Record<string, string> = {}): Promise<void> {
    const servers = Array.from({ length: SERVERS }, (_, index) => index);
    for (const user of new Set(servers.map((index) => this.userOf(index))))
      await this.setUpUser(user, changes);
  }

  private hasOwnUser(server: number): boolean {
    const { userPerWorker = false } = this.options;
    return typeof userPerWorker === 'boolean' ? userPerWorker : userPerWorker.includes(server);
  }

  private userOf(server: number): typeof WORKER_USER {
    return this.hasOwnUser(server) ? ownUser(server) : WORKER_USER;
  }

  private async setUpUser(user: typeof WORKER_USER, changes: Record<string, string>): Promise<void> {
    const setup = this.service('setup-broker', [this.program('api'), 'setup-broker'], {
      ...{ ...API_USER, RABBIT_HOST: this.broker.hosts.join(), RABBIT_VHOST: VHOST },
      ...{ ...this.brokerAdministration(user), REPORT_INTERVAL_SECONDS: INTERVALS.REPORT_INTERVAL_SECONDS },
      ...changes,
    });
    if ((await setup.run()) !== 0) throw new Error(`setup-broker failed:\n${setup.output}`);
  }

  startWorkers(): void {
    for (const { worker } of this.servers) worker.start();
  }

  server(index: number): FleetServer {
    const server = this.servers[index];
    if (!server) throw new Error(`there is no server ${index}`);
    return server;
  }

  apiNumber(index: number): { process: ServiceProcess; api: FleetApi } {
    const found = this.apis[index];
    if (!found) throw new Error(`there is no api ${index}`);
    return found;
  }

  /** An api that runs. */
  get api(): FleetApi {
    const running = this.apis.find(({ process }) => process.isRunning);
    if (!running) throw new Error('no api runs');
    return running.api;
  }

  /** Resolves when every api has its database and its broker. */
  async apisReady(): Promise<void> {
    await eventually(async () => {
      for (const { api } of this.apis) expect(await api.isReady()).toBe(true);
    }, CHANGE_LIMIT);
  }

  /**
   * Resolves when all workers are online and have converged on the newest revision of an app.
   * @throws {Error} with who has not, and the end of what each service has said
   */
  async converged(app: string): Promise<Waited> {
    const deadline = Date.now() + CHANGE_LIMIT;
    for (;;) {
      const found = await this.api.wait(app, 2).catch((error: unknown) => String(error));
      if (typeof found !== 'string' && found.outcome === 'converged') {
        if (found.converged === this.servers.length && found.offline === 0) return found;
      }
      if (Date.now() > deadline) throw new Error(`${app}: ${JSON.stringify(found)}\n${this.lastWords()}`);
      // An answer that ends at once is one that nothing is waited for.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /**
   * Changes an app, which makes its containers anew.
   * @returns the value of `STEP` by which they are told, another each time
   */
  async change(app: string): Promise<string> {
    this.changes += 1;
    const value = String(this.changes);
    await this.api.change(app, { env_vars: { STEP: value } });
    return value;
  }

  /** Resolves when every replica of an app on every server has a value of `STEP`, and all workers say so. */
  async arrives(app: string, value: string, replicas = 1): Promise<void> {
    await this.converged(app);
    const onEach = Array.from({ length: replicas }, () => value);
    expect(await this.variable(app, 'STEP')).toEqual(this.servers.map(() => onEach));
  }

  /**
   * Resolves when all is as it should be. To be called at the end of a fault: it may take until the next verification
   * from then on, and no person has done anything.
   * @param beside what is granted beside that, milliseconds
   */
  async healed(assertion: () => Promise<void>, beside = HEALING_MS): Promise<void> {
    const from = performance.now();
    await eventually(assertion, CHANGE_LIMIT);
    expect(performance.now() - from).toBeLessThan(1_000 * this.verifySeconds + beside);
  }

  /** Every worker has taken a change, see `change`, whether its containers are there yet or not. */
  async accepted(app: string, value: string): Promise<void> {
    const all = await Promise.all(this.servers.map((server) => server.accepted(app)));
    const spec = { env_vars: { STEP: value } };
    expect(all).toMatchObject(this.servers.map(() => ({ spec })));
  }

  private get verifySeconds(): number {
    return Number(this.options.api?.['VERIFY_INTERVAL_SECONDS'] ?? INTERVALS.VERIFY_INTERVAL_SECONDS);
  }

  /** The containers of an app, of each server. */
  async containers(app: string): Promise<SeenContainer[][]> {
    return await Promise.all(this.servers.map((server) => server.containers(app)));
  }

  /** Resolves with what `during` does; no container of these apps is another, or was started again, after it. */
  async untouched<T>(apps: string[], during: () => Promise<T>): Promise<T> {
    const before = await Promise.all(apps.map((app) => this.containers(app)));
    for (const containers of before.flat()) expect(containers).not.toEqual([]);
    const result = await during();
    expect(await Promise.all(apps.map((app) => this.containers(app)))).toEqual(before);
    return result;
  }

  /** Pushes an image to the registry of each server, and answers its reference, which is the same on all. */
  async pushEverywhere(name: string, version: string): Promise<string> {
    const references = await Promise.all(this.servers.map((server) => server.push(name, version)));
    return references[0] ?? '';
  }

  /** What a variable is in the containers of an app, of each server. */
  async variable(app: string, name: string): Promise<(string | null)[][]> {
    return await Promise.all(this.servers.map((server) => server.variable(app, name)));
  }

  /** The streams as an api reaches them, by the first node. */
  get streams(): StreamView {
    const { RABBIT_USER: user, RABBIT_PASSWORD: password } = API_USER;
    return new StreamView({ host: this.broker.hosts[0] ?? '', user, password, vhost: VHOST });
  }

  async deleteStream(app: string): Promise<void> {
    await this.broker.manage('DELETE', streamPath(app));
  }

  /** Appends anything to the stream of an app, behind the back of all. */
  async append(app: string, payload: string): Promise<void> {
    const message = { properties: { delivery_mode: 2 }, routing_key: streamName(app), payload };
    const path = `/api/exchanges/${VHOST}/amq.default/publish`;
    const answer = await this.broker.manage('POST', path, { ...message, payload_encoding: 'string' });
    expect(JSON.parse(answer)).toEqual({ routed: true });
  }

  /** Ends of services that nobody asked for. */
  get unexpectedEnds(): string[] {
    const services = [
      ...this.apis.map(({ process }) => process),
      ...this.servers.map(({ worker }) => worker),
    ];
    return services.flatMap(({ unexpectedEnds }) => unexpectedEnds);
  }

  private async begin(isProxied: boolean): Promise<void> {
    const hosts = this.broker.hosts.join();
    if (isProxied) {
      for (let index = 0; index < 2; index += 1) this.proxies.push(await BrokerProxy.start(hosts));
    }
    const starting = [
      this.startApis(isProxied ? this.apiProxy.address : hosts, hosts),
      ...Array.from({ length: SERVERS }, (_, index) =>
        this.startServer(index, isProxied && index === SERVERS - 1 ? this.workerProxy.address : hosts),
      ),
    ];
    // All of it has to be there before any of it can be ended.
    for (const each of await Promise.allSettled(starting)) if (each.status === 'rejected') throw each.reason;
    await this.apisReady();
  }

  private async startApis(...hosts: string[]): Promise<void> {
    await this.setUpBroker();
    for (const [index, each] of hosts.entries()) await this.startApi(index, each);
  }

  private async startServer(index: number, hosts: string): Promise<void> {
    const name = `server-${index}`;
    const server = await FleetServer.start({
      ...{ name, folder: join(this.folder, name), program: this.program('worker') },
      ...(this.options.workerImage ? { workerImage: this.options.workerImage } : {}),
      environment: {
        ...{ ...this.userOf(index), ...INTERVALS, RABBIT_HOST: hosts, RABBIT_VHOST: VHOST },
        ...(this.hasOwnUser(index) ? { WORKER_ID: workerIdOf(index) } : {}),
        ...this.options.worker,
        ...{ APP_NAME: this.options.apps.join(), WORKER_PORT: '0', WORKER_LABELS: `server=${index}` },
      },
    });
    this.servers = [...this.servers, server].sort((a, b) => a.name.localeCompare(b.name));
  }

  private async startApi(index: number, hosts: string): Promise<void> {
    const port = await freePort();
    const process = this.service(`api-${index}`, [this.program('api')], {
      ...{ ...API_USER, ...INTERVALS, RABBIT_HOST: hosts, RABBIT_VHOST: VHOST },
      ...{ API_PORT: String(port), SECRET_KEYS, MONGO_URL: this.store.url, SCHEMA_NAME: this.store.name },
      ...(this.options.keepsBroker === true ? this.brokerAdministration(WORKER_USER) : {}),
      ...this.options.api,
    });
    process.start();
    this.apis.push({ process, api: new FleetApi(`http://127.0.0.1:${port}`) });
  }

  private brokerAdministration(workers: typeof WORKER_USER): Record<string, string> {
    const { admin, managementUrls } = this.broker;
    return {
      ...{ RABBIT_WORKER_USER: workers.RABBIT_USER, RABBIT_WORKER_PASSWORD: workers.RABBIT_PASSWORD },
      ...{ RABBIT_ADMIN_USER: admin.user, RABBIT_ADMIN_PASSWORD: admin.password },
      RABBIT_MANAGEMENT_URL: managementUrls[0] ?? '',
    };
  }

  /** A service beside those of this fleet, which whoever asks for it ends. */
  extra(
    name: string,
    service: 'api' | 'worker',
    environment: Record<string, string>,
    ...args: string[]
  ): ServiceProcess {
    return this.service(name, [this.program(service), ...args], environment);
  }

  private service(name: string, args: string[], environment: Record<string, string>): ServiceProcess {
    return new ServiceProcess({ name, args, folder: this.folder, environment });
  }

  private program(service: 'api' | 'worker'): string {
    return this.options.programs?.[service] ?? join(REPOSITORY, 'apps', service, 'dist', 'main.js');
  }

  private proxy(index: number): BrokerProxy {
    const proxy = this.proxies[index];
    if (!proxy) throw new Error('a broker of several nodes has no proxies');
    return proxy;
  }

  private lastWords(): string {
    const services = [
      ...this.apis.map(({ process }) => process),
      ...this.servers.map(({ worker }) => worker),
    ];
    return services.map((service) => `${service.name}:\n${service.output.slice(-1_500)}`).join('\n');
  }
}

function streamPath(app: string): string {
  return `/api/queues/${VHOST}/${streamName(app)}`;
}
