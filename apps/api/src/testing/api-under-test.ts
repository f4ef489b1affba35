import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppSpec } from '@nebula/contracts';
import { InProcessBroker } from '@nebula/messaging';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { inspect } from 'node:util';
import { searchForSecrets } from '../../../../tools/test/known-secrets.mjs';
import type { ApiOptions } from '../api-options.js';
import { createApi } from '../create-api.js';
import { AppStore } from '../store/app-store.js';
import { testKey } from '../store/testing/keys.js';

/** What a request was answered with. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** The body as JSON, its text when it is none, undefined when it is empty. */
  body: unknown;
}

export interface RequestParts {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, in place of `json`. */
  body?: string | Uint8Array;
  headers?: Record<string, string>;
}

/** A body with which an app can be created. */
export type GivenSpec = Partial<Record<keyof AppSpec, unknown>>;

/** A whole api that listens on loopback, on a database and a broker of its own in a folder that goes with it. */
export class ApiUnderTest {
  private stopping: Promise<void> | null = null;
  /** The header `Authorization` of calls that have none of their own. */
  authorization: string | null = null;

  private constructor(
    private readonly folder: string,
    readonly api: NestFastifyApplication,
    readonly broker: InProcessBroker,
    /** What was logged as a warning or an error, oldest first. */
    readonly problems: readonly string[],
  ) {}

  static async start(given: Partial<ApiOptions> = {}): Promise<ApiUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-api-'));
    const broker = new InProcessBroker({ directory: join(folder, 'feed') });
    const problems: string[] = [];
    const api = await createApi({
      store: { kind: 'sqlite', path: join(folder, 'nebula.db') },
      secret_keys: [testKey('test')],
      feeds: [broker.feed],
      reports: broker.reportStrategy(),
      logger: noting(problems),
      verify_interval_seconds: 86_400,
      tombstone_retention_days: 90,
      version: '3.0.0-test',
      ...given,
    });
    await api.listen(0, '127.0.0.1');
    return new ApiUnderTest(folder, api, broker, problems);
  }

  get store(): AppStore {
    return this.api.get(AppStore);
  }

  /** The database file. */
  get database(): string {
    return join(this.folder, 'nebula.db');
  }

  get port(): number {
    return (this.api.getHttpServer().address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @param path below `/api/v3`, or a whole one that begins with two slashes: `//healthz` */
  async call(method: string, path: string, parts: RequestParts = {}): Promise<HttpAnswer> {
    const { json, body = json === undefined ? undefined : JSON.stringify(json), headers = {} } = parts;
    const type = json === undefined ? {} : { 'content-type': 'application/json' };
    const below = path.startsWith('//') ? path.slice(1) : `/api/v3${path}`;
    const response = await fetch(this.url + below, {
      method,
      headers: { ...this.login, ...type, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) };
  }

  private get login(): Record<string, string> {
    return this.authorization === null ? {} : { authorization: this.authorization };
  }

  /** An app of this name that was just created. */
  async create(app_name: string, spec: GivenSpec = {}): Promise<HttpAnswer> {
    const answer = await this.call('POST', '/apps', { json: { app_name, docker_image: 'shop:1', ...spec } });
    if (answer.status !== 201) throw new Error(`${app_name} was not created: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** Everything that is stored of all apps of these names, tombstones included. */
  async stored(...names: string[]): Promise<unknown[]> {
    const records = await Promise.all(names.map((name) => this.store.get(name)));
    // The publisher sets its marks whenever it likes.
    return records.map((record) => record && { ...record, published: undefined });
  }

  /** Ends it; a second call waits for the first. */
  async stop(): Promise<void> {
    await (this.stopping ??= this.end());
  }

  private async end(): Promise<void> {
    await this.api.close();
    await this.broker.feed.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Every line is searched for secrets. */
function noting(problems: string[]): LoggerService {
  const search = (...parts: unknown[]) =>
    searchForSecrets(inspect(parts, { depth: 10, maxStringLength: null }), 'the log of an api');
  const note = (...parts: unknown[]) => {
    search(...parts);
    const texts = parts.map((part) => (part instanceof Error ? part.message : JSON.stringify(part)));
    problems.push(texts.join(' '));
  };
  return { log: search, debug: search, warn: note, error: note };
}
