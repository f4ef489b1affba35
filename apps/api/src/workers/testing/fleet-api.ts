import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { InProcessBroker, type ReportTransport } from '@nebula/messaging';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SEARCHED_LOG } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { createApi } from '../../create-api.js';
import type { WorkerRecord } from '../../store/fleet-records.js';
import { FleetStore } from '../../store/fleet-store.js';

/** A whole api on loopback, with the fleet in a test's hand. */
export class FleetApi {
  private stopped = false;

  private constructor(
    private readonly folder: string,
    private readonly api: NestFastifyApplication,
    readonly broker: InProcessBroker,
  ) {}

  /** @param listenedMs for so long it has been listening when it starts, milliseconds */
  static async start(listenedMs = 10_000_000): Promise<FleetApi> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-fleet-'));
    const broker = new InProcessBroker({ directory: join(folder, 'feed') });
    const api = await createApi({
      store: { kind: 'sqlite', path: join(folder, 'nebula.db') },
      feeds: [broker.feed],
      reports: listeningFor(broker.reportStrategy(), listenedMs),
      logger: SEARCHED_LOG,
      ...{ verify_interval_seconds: 86_400, tombstone_retention_days: 90, version: 'test' },
    });
    await api.listen(0, '127.0.0.1');
    return new FleetApi(folder, api, broker);
  }

  get fleet(): FleetStore {
    return this.api.get(FleetStore);
  }

  /** Where the api is, up to `/api/v3`. */
  get url(): string {
    const { port } = this.api.getHttpServer().address() as AddressInfo;
    return `http://127.0.0.1:${port}/api/v3`;
  }

  /** A part of the api. */
  part<T>(provider: abstract new (...given: never[]) => T): T {
    return this.api.get<T>(provider);
  }

  /** Keeps records as if workers had said so. */
  async keep(...workers: WorkerRecord[]): Promise<void> {
    const written = await this.fleet.saveWorkers(workers.map((after) => ({ before: null, after })));
    expect(written).not.toContain(false);
  }

  /** @param path below `/api/v3` */
  async call(
    method: string,
    path: string,
    json?: unknown,
    signal: AbortSignal | null = null,
  ): Promise<{ status: number; body: unknown }> {
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const headers = json === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(this.url + path, {
      method,
      headers,
      signal,
      ...body,
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /** The answer of a GET that succeeds. */
  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.call('GET', path);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body as T;
  }

  async createApp(app_name: string): Promise<void> {
    const answer = await this.call('POST', '/apps', { app_name, docker_image: 'shop:1' });
    expect(answer).toMatchObject({ status: 201 });
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.api.close();
    await this.broker.feed.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function listeningFor(transport: ReportTransport, milliseconds: number): ReportTransport {
  const since = performance.now() - milliseconds;
  return Object.assign(transport, { listenedMs: () => performance.now() - since });
}
