import { execa } from 'execa';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { engineFolders } from '../../tools/engine/engine-folders.mjs';
import { killEngine, startEngine, stopEngine } from '../../tools/engine/engine.mjs';
import { inNamespace } from '../../tools/engine/engine-namespace.mjs';
import { makeHttpImage, pushImage, removeImage } from '../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../tools/engine/registry.mjs';
import { EngineView, type SeenContainer } from './engine-view.js';
import { ServiceProcess } from './service-process.js';

/** Images that every server has; each answers over HTTP on port 8080, `/` with its version. */
export const IMAGES = ['nebula-fleet:1', 'nebula-fleet:2'] as const;

const REGISTRY_PORT = 5000;
/** Name of the worker's folder. */
const STATE = 'state';

export interface ServerOptions {
  name: string;
  /** For the engine and the worker's state. */
  folder: string;
  /** What `node` runs as the worker. */
  program: string;
  /** Configuration of the worker, without what is this server's own. */
  environment: Record<string, string>;
}

/** One server of a fleet: a Docker Engine with an id, a network and ports of its own, and the worker that drives it. */
export class FleetServer {
  readonly worker: ServiceProcess;

  private constructor(
    private readonly options: ServerOptions,
    readonly view: EngineView,
  ) {
    const { name, folder, program, environment } = options;
    this.worker = new ServiceProcess({
      ...{ name, folder, args: [program] },
      environment: { ...environment, DOCKER_HOST: view.host, STATE_DIR: join(folder, STATE) },
    });
  }

  /** Starts the engine, with the images, and not yet the worker. */
  static async start(options: ServerOptions): Promise<FleetServer> {
    await mkdir(options.folder, { recursive: true });
    const { host } = await startEngine({ folder: join(options.folder, 'engine'), ownNetwork: true });
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
    await startEngine({ folder: this.engineFolder, ownNetwork: true });
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
  }

  /** Removes a container behind the worker's back. */
  async removeContainer(name: string): Promise<void> {
    await this.view.docker.getContainer(name).remove({ force: true });
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
