import { execa } from 'execa';
import { statSync } from 'node:fs';
import { chown, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { engineFolders } from '../../tools/engine/engine-folders.mjs';
import { killEngine, startEngine, stopEngine } from '../../tools/engine/engine.mjs';
import { inNamespace } from '../../tools/engine/engine-namespace.mjs';
import { makeHttpImage, pushImage, removeImage } from '../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../tools/engine/registry.mjs';
import { containerService, type ServiceImage } from './container-service.js';
import { EngineView, type SeenContainer } from './engine-view.js';
import { ServiceProcess } from './service-process.js';

/** Images that every server has; each answers over HTTP on port 8080, `/` with its version. */
export const IMAGES = ['nebula-fleet:1', 'nebula-fleet:2'] as const;

const REGISTRY_PORT = 5000;
/** Name of the worker's folder. */
const STATE = 'state';
/**
 * Name of the folder with one more socket of the engine, for a worker in a container. Systemd keeps a socket while its
 * engine is started again; here it's made anew, and a container that has the folder finds it there.
 */
const SOCKETS = 'sockets';
const SOCKET = 'docker.sock';
/** Where such a container has that folder. */
const SOCKETS_INSIDE = '/run/engine';

/** Of a worker in a container. Its engine is another one than those that the workers drive, which reach no broker. */
export type WorkerImage = ServiceImage;

/** Whoever the images run as when no socket has to be reached. */
const NOBODY = 65_532;

export interface ServerOptions {
  name: string;
  /** For the engine and the worker's state. */
  folder: string;
  /** What `node` runs as the worker. */
  program: string;
  /** Configuration of the worker, without what is this server's own. */
  environment: Record<string, string>;
  workerImage?: WorkerImage;
}

/** One server of a fleet: a Docker Engine with an id, a network and ports of its own, and the worker that drives it. */
export class FleetServer {
  readonly worker: ServiceProcess;

  private constructor(
    private readonly options: ServerOptions,
    readonly view: EngineView,
  ) {
    const { name, folder, program, environment, workerImage } = options;
    this.worker = workerImage
      ? this.containerOf(workerImage)
      : new ServiceProcess({
          ...{ name, folder, args: [program] },
          environment: { ...environment, DOCKER_HOST: view.host, STATE_DIR: join(folder, STATE) },
        });
  }

  /** Starts the engine, with the images, and not yet the worker. */
  static async start(options: ServerOptions): Promise<FleetServer> {
    await mkdir(options.folder, { recursive: true });
    if (options.workerImage) {
      await mkdir(join(options.folder, SOCKETS));
      await makeState(options.folder);
    }
    const { host } = await startEngine(engineOf(options));
    const server = new FleetServer(options, new EngineView(host));
    try {
      for (const [index, image] of IMAGES.entries()) {
        await makeHttpImage(host, image, { version: String(index + 1) });
      }
      return server;
    } catch (error) {
      await server.end();
      throw error;
    }
  }

  /** Ends the worker and the engine with all its containers. */
  async end(): Promise<void> {
    await this.worker.kill();
    await this.removeContainerOfWorker();
    await stopRegistry(this.registryFolder);
    await this.stopEngine();
  }

  /** As when the server is shut down in order. */
  async stopEngine(): Promise<void> {
    await stopEngine(this.engineFolder);
  }

  /** As a crash does, which leaves its containers running. */
  async killEngine(): Promise<void> {
    await killEngine(this.engineFolder);
  }

  /** Resolves when the engine answers, with the containers that it brings back by itself. */
  async startEngine(): Promise<void> {
    await startEngine(engineOf(this.options));
  }

  /**
   * Makes an image and pushes it to a registry of this server.
   * @param name with a tag
   * @returns its reference
   */
  async push(name: string, version: string): Promise<string> {
    const { namespace } = engineFolders(this.engineFolder);
    const { address } = await startRegistry({ folder: this.registryFolder, port: REGISTRY_PORT, namespace });
    const reference = `${address}/${name}`;
    await makeHttpImage(this.view.host, reference, { version });
    await pushImage(this.view.host, reference);
    return reference;
  }

  /** Takes an image of this server away, as if it had never had it. */
  async removeImage(reference: string): Promise<void> {
    await removeImage(this.view.host, reference);
  }

  async containers(app: string): Promise<SeenContainer[]> {
    return await this.view.containers(`nebula.app=${app}`);
  }

  /** What a variable of the environment is in each running container of an app, by the containers' names. */
  async variable(app: string, name: string): Promise<(string | null)[]> {
    const containers = await this.containers(app);
    return containers.filter(({ running }) => running).map(({ environment }) => environment[name] ?? null);
  }

  /**
   * What is answered on a published port of this server.
   * @throws {Error} when nothing is
   */
  async page(port: number): Promise<string> {
    const { namespace } = engineFolders(this.engineFolder);
    const url = `http://127.0.0.1:${port}/`;
    const [program, ...args] = inNamespace(namespace, '/bin/busybox', 'wget', '-q', '-O', '-', url);
    return (await execa(program, args, { timeout: 10_000 })).stdout;
  }

  /** An app's newest desired state that the worker has accepted, as it arrived. */
  async accepted(app: string): Promise<Record<string, unknown>> {
    const file = join(this.stateFolder, 'worker', 'desired', `${app}.json`);
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  }

  get name(): string {
    return this.options.name;
  }

  /** Loses what the worker, which must not run, has on disk. */
  async loseState(): Promise<void> {
    await rm(this.stateFolder, { recursive: true });
    // Docker would make it for root alone.
    if (this.options.workerImage) await makeState(this.options.folder);
  }

  /** Removes a container behind the worker's back. */
  async removeContainer(name: string): Promise<void> {
    await this.view.docker.getContainer(name).remove({ force: true });
  }

  /** In the network of this machine, where the broker is. */
  private containerOf({ image, host }: WorkerImage): ServiceProcess {
    const { name, folder, environment } = this.options;
    const sockets = join(folder, SOCKETS);
    return containerService({
      ...{ name, folder, image, host, environment, containerName: this.containerName },
      user: `${NOBODY}:${statSync(join(sockets, SOCKET)).gid}`,
      volumes: [`${sockets}:${SOCKETS_INSIDE}`, `${this.stateFolder}:/state`],
      dockerHost: `unix://${SOCKETS_INSIDE}/${SOCKET}`,
    });
  }

  /** What a killed command has left. */
  private async removeContainerOfWorker(): Promise<void> {
    const { workerImage } = this.options;
    if (!workerImage) return;
    const args = ['rm', '--force', '--volumes', this.containerName];
    await execa('docker', args, { env: { DOCKER_HOST: workerImage.host }, reject: false });
  }

  /** Different for all fleets, whose folders are. */
  private get containerName(): string {
    return `${basename(dirname(this.options.folder))}-${this.options.name}`;
  }

  private get stateFolder(): string {
    return join(this.options.folder, STATE);
  }

  private get engineFolder(): string {
    return join(this.options.folder, 'engine');
  }

  private get registryFolder(): string {
    return join(this.options.folder, 'registry');
  }
}

/** How the engine of a server is started, the first time and again. */
function engineOf({ folder, workerImage }: ServerOptions): Parameters<typeof startEngine>[0] {
  const socket = ['--host', `unix://${join(folder, SOCKETS, SOCKET)}`];
  return { folder: join(folder, 'engine'), ownNetwork: true, args: workerImage ? socket : [] };
}

/** Makes what a worker in a container keeps its state in. */
async function makeState(folder: string): Promise<void> {
  const state = join(folder, STATE);
  await mkdir(state, { mode: 0o700 });
  await chown(state, NOBODY, NOBODY);
}
