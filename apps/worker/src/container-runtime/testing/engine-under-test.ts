import { randomBytes, randomInt } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { DEFAULT_NETWORK, LABELS } from '@nebula/contracts';
import Docker from 'dockerode';
import { makeHttpImage } from '../../../../../tools/engine/images.mjs';
import type { ObservedContainer } from '../../reconcile/observed.js';
import type { ContainerDraft } from '../../reconcile/step.js';
import { dockerAddress } from '../docker/docker-address.js';
import { DockerRuntime } from '../docker/docker-runtime.js';
import { specOf, TEST_IMAGE } from './spec.js';

/** Names the engine that integration tests share. */
export const TEST_DOCKER_HOST = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';

/** As `makeHttpImage`; the check of its health may be left out. */
export type MakeImage = (
  host: string,
  reference: string,
  options: { version?: string; healthcheck?: boolean },
) => Promise<string>;

/**
 * A real engine with a scope, and names, that no other test uses. What is made in the scope is removed at the end.
 */
export class EngineUnderTest {
  readonly runtime: DockerRuntime;
  /** The engine as a bystander sees it. */
  readonly docker: Docker;
  readonly scope = `test-${randomBytes(4).toString('hex')}`;
  /** Beginning of every name that is made here. */
  readonly prefix = this.scope;
  private nextPort = randomInt(22_000, 26_000);

  constructor(readonly host = TEST_DOCKER_HOST) {
    this.runtime = new DockerRuntime(host);
    this.docker = new Docker(dockerAddress(host));
  }

  /** @param make makes the image on the engine. */
  static async open(host = TEST_DOCKER_HOST, make: MakeImage = makeHttpImage): Promise<EngineUnderTest> {
    const engine = new EngineUnderTest(host);
    if ((await engine.runtime.imageId(TEST_IMAGE)) === null) {
      await make(host, TEST_IMAGE, { healthcheck: true });
    }
    await engine.runtime.createNetwork(DEFAULT_NETWORK, 'tests');
    return engine;
  }

  async close(): Promise<void> {
    for (const label of [`${LABELS.scope}=${this.scope}`, `of-test=${this.scope}`]) {
      const containers = await this.docker.listContainers({ all: true, filters: { label: [label] } });
      await Promise.all(
        containers.map(({ Id }) => this.docker.getContainer(Id).remove({ force: true, v: true })),
      );
    }
    for (const name of await this.runtime.ownNetworks(this.scope)) await this.runtime.removeNetwork(name);
    this.runtime.onApplicationShutdown();
  }

  /** A host port that no other test uses. */
  port(): number {
    this.nextPort += 1;
    return this.nextPort;
  }

  draft(given: Partial<ContainerDraft> = {}): ContainerDraft {
    return {
      name: `${this.prefix}-${randomBytes(3).toString('hex')}`,
      scope: this.scope,
      node: 'box',
      replica: 1,
      fingerprint: 'v1:test',
      image: TEST_IMAGE,
      ports: [],
      networks: [DEFAULT_NETWORK],
      spec: specOf(),
      ...given,
    };
  }

  /** Creates and starts. */
  async running(given: Partial<ContainerDraft> = {}): Promise<string> {
    const id = await this.runtime.create(this.draft(given));
    await this.runtime.start(id);
    return id;
  }

  /** What the port says of a container of this scope. */
  async observed(id: string): Promise<ObservedContainer> {
    const { own } = await this.runtime.list(this.scope);
    const found = own.find((container) => container.id === id);
    if (!found) throw new Error(`${id} is not listed`);
    return found;
  }

  /** A container of somebody else, running. */
  async foreign(name: string, labels: Record<string, string> = {}): Promise<string> {
    const container = await this.docker.createContainer({
      name,
      Image: TEST_IMAGE,
      Labels: { 'of-test': this.scope, ...labels },
    });
    await container.start();
    return container.id;
  }

  /** Output of a command inside a container, without blanks around it. */
  async inside(id: string, ...command: string[]): Promise<string> {
    // With a terminal the two outputs are one, and not packed in frames.
    const options = { Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true };
    const exec = await this.docker.getContainer(id).exec(options);
    const output = await text(await exec.start({ Tty: true }));
    return output.replaceAll('\r\n', '\n').trim();
  }
}
