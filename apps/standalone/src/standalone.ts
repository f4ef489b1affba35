import { randomBytes } from 'node:crypto';
import {
  accessOptions,
  checkStore,
  createApi,
  holdsSecrets,
  type StoreOptions,
  StoreUnavailableError,
} from '@nebula/api';
import { listenError, programVersion, StartError } from '@nebula/lifecycle';
import { InProcessBroker } from '@nebula/messaging';
import {
  createWorker,
  imageOptions,
  updateOptions,
  WorkerMetrics,
  WorkerReadiness,
  workerPolicy,
} from '@nebula/worker';
import type { LoggerService } from '@nestjs/common';
import type { StandaloneConfiguration } from './configuration.js';
import type { Reservation } from './reservation.js';
import { secretKeysIn } from './secret-key-file.js';

/** What of a request `ask` knows. */
export interface AskInit {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
}

export interface Standalone {
  /** Where the api answers, without a slash at the end. */
  url: string;
  /** Asks the api from within this process, by a path: no login is needed, and no certificate is looked at. */
  ask: (path: string, init?: AskInit) => Promise<Response>;
  /** Ends api and worker in order, and gives the state folder back. Containers are not touched. */
  stop(): Promise<void>;
}

/**
 * Starts api and worker in this process. They meet in the in-process broker alone, which both are given by
 * value: the same code as on a fleet, above the same ports. A Docker Engine that is away keeps the api from
 * nothing; `/readyz` says so.
 * @throws {StartError} when the api can't listen or open its database
 */
export async function startStandalone(
  configuration: StandaloneConfiguration,
  { folder, claim }: Reservation,
  logger: LoggerService,
): Promise<Standalone> {
  const version = programVersion(new URL('../package.json', import.meta.url));
  const selection =
    configuration.app_name.length > 0
      ? ({ kind: 'listed', apps: configuration.app_name } as const)
      : ({ kind: 'all' } as const);
  const store = { kind: 'sqlite', path: folder.database } as const;
  await requireStore(store);
  const access = await accessOptions(configuration);
  const own_token = randomBytes(32).toString('base64url');
  const secret_keys = await secretKeysIn(folder.secret_keys, () => holdsSecrets(store));
  const broker = new InProcessBroker({ directory: folder.feed });
  const worker = await createWorker({
    scope: configuration.scope,
    state_dir: folder.worker,
    ...(configuration.worker_id ? { worker_id: configuration.worker_id } : {}),
    worker_policy: workerPolicy(configuration.worker_policy, configuration.docker_host),
    docker_host: configuration.docker_host,
    parallelism: configuration.engine_parallelism,
    images: imageOptions(configuration),
    updates: updateOptions(configuration),
    selection,
    strategy: broker.desiredStateStrategy(selection),
    reports: broker.reports,
    logger,
    version,
  });
  const engine = worker.get(WorkerReadiness);
  const api = await createApi({
    store,
    secret_keys,
    feeds: [broker.feed],
    reports: broker.reportStrategy(),
    ...access,
    ...(access.login ? { login: { ...access.login, own_token } } : {}),
    readiness: [{ name: 'docker', problem: () => engine.problem() }],
    more_metrics: [worker.get(WorkerMetrics).registry],
    logger,
    verify_interval_seconds: configuration.verify_interval_seconds,
    tombstone_retention_days: configuration.tombstone_retention_days,
    history_limit: configuration.history_limit,
    version,
  });

  const stop = async () => {
    // New requests are refused first, so that nothing is accepted any more; the worker then ends at a safe
    // point and its last reports still find the store, which is closed with the api.
    api.getHttpServer().close();
    await worker.close();
    await api.close();
    await broker.feed.close();
    await claim.release();
  };

  const { api_host: host, api_port: port } = configuration;
  try {
    await api.listen(port, host);
  } catch (error) {
    await stop();
    throw listenError(host, port, error);
  }
  try {
    await worker.listen();
  } catch (error) {
    await stop();
    throw error;
  }
  const ask = async (path: string, { method = 'GET', headers = {}, body }: AskInit = {}) => {
    const answer = await api.inject({
      ...{ method, url: path, headers: { ...headers, authorization: `Bearer ${own_token}` } },
      ...(body === undefined ? {} : { payload: body }),
    });
    return new Response(answer.body === '' ? null : answer.body, { status: answer.statusCode });
  };
  const scheme = configuration.tls_cert === '' ? 'http' : 'https';
  return { url: `${scheme}://${urlHost(host)}:${port}`, ask, stop };
}

async function requireStore(store: StoreOptions): Promise<void> {
  try {
    await checkStore(store);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new StartError([`state_dir: ${error.message}`], undefined, { cause: error });
  }
}

/** The name under which a listening address is reached from this machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
