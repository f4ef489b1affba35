import { expect } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCommandLine } from '../../tools/bundle/bundle-command-line.mjs';
import { makeHttpImage, pushImage, removeImage } from '../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../tools/engine/registry.mjs';
import { freePort } from '../../tools/services/free-port.mjs';
import { ensureHelloImages } from '../../tools/start/hello-image.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { REPOSITORY } from './clone.js';
import { DocumentShell } from './document-shell.js';
import { EngineView } from './engine-view.js';
import { eventually } from './eventually.js';
import { FleetApi } from './fleet-api.js';
import { keepDesiredState } from './kept-desired-state.js';
import { ServiceProcess } from './service-process.js';

export const MACHINE_LIMIT = 120_000;

/** Builds of the app `shop` that the documents name, all of which are in the registry. */
const BUILDS = ['41', '42', '43'];

/** As the documents call them. */
const NAMES = {
  api: /https:\/\/nebula\.example\.com|http:\/\/(127\.0\.0\.1|localhost|10\.0\.0\.5):8000/g,
  registry: /(registry\.example\.com|ghcr\.io\/example)(?=\/)/g,
  // The app is the one that the worker has kept: what runs stays if the spec is the same.
  ghost: /registry\.example\/ghost:4 …/g,
  tag: /(?<![\w/])shop:4(?=\d)/g,
};

/** An editor that makes another change each time. */
const EDIT = 'sed -i "s/^stop_grace_period_seconds:.*/stop_grace_period_seconds: $((1$(date +%S) - 90))/"';

/** The machine of `npm start` as the documents have it, with a registry, and a person at a terminal who has nebulactl. */
export class DocumentedMachine {
  readonly password = secret(randomBytes(12).toString('hex'));
  /** The token of an administrator. */
  readonly administrator = secret(randomBytes(32).toString('hex'));
  /** Of the last token that was made, which the documents show up to its secret alone. */
  token = '';
  readonly shell: DocumentShell;
  private readonly scope = `e2e-${randomBytes(4).toString('hex')}`;
  private process: ServiceProcess | undefined;

  private constructor(
    readonly engine: EngineView,
    readonly folder: string,
    private readonly registry: string,
    private readonly ports: { api: number; app: number; nobody: number },
  ) {
    const { PATH = '' } = process.env;
    this.shell = new DocumentShell(
      folder,
      {
        ...{ PATH: `${join(folder, 'bin')}:${PATH}`, HOME: folder, LC_ALL: 'C.UTF-8', EDITOR: EDIT },
        ...{ BUILD: '42', DB_PASSWORD: secret(randomBytes(12).toString('hex')) },
      },
      [
        { when: /Password of admin/, type: `${this.password}\r` },
        { when: /[^\n]\?[^\n]*\n[^]*\bNo\b/, type: 'y' },
      ],
    );
  }

  /** Prepares all of it, and starts nothing but the registry. */
  static async prepare(host: string): Promise<DocumentedMachine> {
    const engine = new EngineView(host);
    await engine.removeLeftNetwork();
    const folder = await mkdtemp(join(tmpdir(), 'nebula-documents-'));
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await rename(await bundleCommandLine(bin), join(bin, 'nebulactl'));
    await writeFile(join(bin, 'package.json'), '{ "type": "module" }');
    await ensureHelloImages(engine.docker);
    const port = await freePort();
    const { address } = await startRegistry({ folder: join(folder, 'registry'), port });
    for (const build of BUILDS) {
      const reference = `${address}/shop:${build}`;
      await makeHttpImage(host, reference, { version: build });
      await pushImage(host, reference);
    }
    const ports = { api: await freePort(), app: await freePort(), nobody: await freePort() };
    const machine = new DocumentedMachine(engine, folder, address, ports);
    // What a worker has kept of an app that the database has lost.
    await keepDesiredState(machine.stateDir, 7, { app_name: 'ghost', docker_image: 'nebula-hello:1' });
    return machine;
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.api}`;
  }

  /** With the login of the administrator, when it asks for one. */
  get api(): FleetApi {
    const login = Buffer.from(`admin:${this.password}`).toString('base64');
    return new FleetApi(this.url, { authorization: `Basic ${login}` });
  }

  /** Starts it, after the end of the one before. */
  async start(asksWho: boolean): Promise<void> {
    await this.process?.stop();
    const login = { BASIC_AUTH_USER: 'admin', BASIC_AUTH_PASSWORD: this.password };
    this.process = new ServiceProcess({
      ...{ name: 'standalone', folder: this.folder },
      args: [join(REPOSITORY, 'apps', 'standalone', 'dist', 'main.js')],
      environment: {
        ...{ STATE_DIR: this.stateDir, API_PORT: String(this.ports.api), DOCKER_HOST: this.engine.host },
        ...{ SCOPE: this.scope, WORKER_ID: 'web-17' },
        ...(asksWho ? { ...login, AUTH_TOKEN: this.administrator } : {}),
      },
    });
    this.process.start();
    await eventually(async () => expect(await this.api.isReady()).toBe(true), MACHINE_LIMIT);
  }

  /** What the documents say, with the names, ports and secrets of this machine. */
  here(text: string): string {
    return text
      .replaceAll(NAMES.api, this.url)
      .replaceAll(NAMES.ghost, 'nebula-hello:1')
      .replaceAll(NAMES.tag, `${this.registry}/shop:4`)
      .replaceAll(NAMES.registry, this.registry)
      .replaceAll(/\b(9081|80(?=:8080))\b/g, String(this.ports.app))
      .replaceAll(/\b5000\b/g, String(this.ports.nobody))
      .replaceAll('admin:…', `admin:${this.password}`)
      .replaceAll(/nebula_[0-9a-f]{16}_…(?=")/g, (text) => this.token || text);
  }

  async end(): Promise<void> {
    await this.process?.stop();
    const label = `nebula.scope=${this.scope}`;
    const { docker, host } = this.engine;
    for (const { id } of await this.engine.containers(label))
      await docker.getContainer(id).remove({ force: true, v: true });
    for (const name of await this.engine.networks(label)) await docker.getNetwork(name).remove();
    for (const build of BUILDS)
      await removeImage(host, `${this.registry}/shop:${build}`).catch(() => undefined);
    await stopRegistry(join(this.folder, 'registry'));
    await rm(this.folder, { recursive: true, force: true });
  }

  private get stateDir(): string {
    return join(this.folder, 'state');
  }
}
