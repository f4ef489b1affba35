import { resolve, join } from 'node:path';
import { rabbitConnection } from '@nebula/configuration';
import {
  claimStateFolder,
  checkListenAddress,
  EXIT,
  listenError,
  openPrivateFolder,
  programVersion,
  startingWith,
  type StopSignals,
} from '@nebula/lifecycle';
import { createLogger } from '@nebula/logging';
import { BrokerConnection, RabbitDesiredStateStrategy, RabbitReportPublisher } from '@nebula/messaging';
import type { LoggerService } from '@nestjs/common';
import { socketIsLost } from '../container-runtime/docker/lost-socket.js';
import { createWorker } from '../create-worker.js';
import type { HealthCheck } from '../health/health-checks.js';
import { type HealthServer, startHealthServer } from '../health/health-server.js';
import { programMetrics } from '../metrics/program-metrics.js';
import { WorkerMetrics } from '../metrics/worker-metrics.js';
import { WorkerReadiness } from '../worker-readiness.js';
import { type WorkerConfiguration } from './configuration.js';
import { keepIdleHeapSmall } from './idle-heap.js';
import { imageOptions } from './image-keys.js';
import { updateOptions } from './update-keys.js';
import { workerLabels } from './worker-labels.js';
import { workerPolicy } from './worker-policy.js';

/**
 * Runs a worker until a signal comes, or the socket of its engine is lost to its container for good.
 * @returns the exit code
 * @throws {StartError} when its folder or port can't be had
 */
export async function runWorker(configuration: WorkerConfiguration, signals: StopSignals): Promise<number> {
  const { worker_host: host, worker_port: port } = configuration;
  const path = resolve(configuration.state_dir);
  const claims = join(path, 'claims');
  await openPrivateFolder('state_dir', path, [claims]);
  const claim = await claimStateFolder({ path, claims });
  if (port !== 0) await checkListenAddress(host, port, KEYS);
  const logger = createLogger({ name: 'nebula-worker', level: configuration.log_level });
  const stop = await startWorker(configuration, path, logger);
  keepIdleHeapSmall();
  const isLost = await socketIsLost(configuration.docker_host, signals.stopping);
  if (isLost) logger.error(LOST_SOCKET, { docker_host: configuration.docker_host });
  await stop();
  await claim.release();
  logger.log('the worker has stopped; its containers keep running');
  return isLost ? EXIT.unavailable : EXIT.stopped;
}

const LOST_SOCKET =
  'the engine has removed its socket, and nobody will answer any more on that which this container has: ' +
  'the worker ends, since only a new start of its container, once the engine is back, brings a new socket';

const KEYS = { host: 'worker_host', port: 'worker_port' };

async function startWorker(
  configuration: WorkerConfiguration,
  folder: string,
  logger: LoggerService,
): Promise<() => Promise<void>> {
  const version = programVersion(new URL('../../package.json', import.meta.url));
  const options = {
    ...startingWith(() => rabbitConnection(configuration)),
    connection_name: 'nebula-worker',
  };
  // One connection for both ways: connections are what a broker of a large fleet has least of.
  const connection = new BrokerConnection(options);
  const selection = { kind: 'listed', apps: configuration.app_name } as const;
  const strategy = new RabbitDesiredStateStrategy(connection, configuration.app_name);
  const reports = new RabbitReportPublisher(connection, options.user);
  const worker = await createWorker({
    scope: configuration.scope,
    state_dir: join(folder, 'worker'),
    ...(configuration.worker_id ? { worker_id: configuration.worker_id } : {}),
    report_user: options.user,
    worker_labels: workerLabels(configuration.worker_labels),
    worker_policy: workerPolicy(configuration.worker_policy, configuration.docker_host),
    docker_host: configuration.docker_host,
    parallelism: configuration.engine_parallelism,
    images: imageOptions(configuration),
    updates: updateOptions(configuration),
    resync_seconds: configuration.resync_interval_seconds,
    report_interval_seconds: configuration.report_interval_seconds,
    ...{ selection, strategy, reports, logger, version },
  });
  const own = worker.get(WorkerReadiness);
  const checks: HealthCheck[] = [
    { name: 'docker', problem: () => own.problem() },
    { name: 'rabbitmq', problem: () => strategy.problem() },
    { name: 'reports', problem: () => reports.problem() ?? own.reportsProblem(), isOptional: true },
  ];
  const metrics = programMetrics(worker.get(WorkerMetrics), version, checks);
  const health = await serveHealth(configuration, version, checks, metrics);
  await worker.listen();
  return async () => {
    await worker.close();
    // The last reports wait to be sent by now.
    await reports.close();
    await connection.close();
    await health?.close();
  };
}

async function serveHealth(
  { worker_host, worker_port }: WorkerConfiguration,
  version: string,
  checks: readonly HealthCheck[],
  metrics: () => Promise<string>,
): Promise<HealthServer | null> {
  if (worker_port === 0) return null;
  try {
    return await startHealthServer(worker_host, worker_port, version, checks, metrics);
  } catch (error) {
    throw listenError(worker_host, worker_port, error, KEYS);
  }
}
