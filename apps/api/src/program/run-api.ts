import {
  checkListenAddress,
  EXIT,
  listenError,
  programVersion,
  StartError,
  type StopSignals,
} from '@nebula/lifecycle';
import { createLogger } from '@nebula/logging';
import { accessOptions } from './access-options.js';
import { createApi } from '../create-api.js';
import { adapters } from './adapters.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { checkStore } from '../store/check-store.js';
import type { ApiConfiguration } from './configuration.js';
import { leave } from './leave.js';
import { storeOf } from './store-keys.js';

/**
 * Runs the api until a signal comes. Neither MongoDB nor RabbitMQ need to be there.
 * @returns the exit code
 * @throws {StartError} when it can't listen, or can never open its store
 */
export async function runApi(configuration: ApiConfiguration, signals: StopSignals): Promise<number> {
  const { api_host: host, api_port: port } = configuration;
  const { verify_interval_seconds, tombstone_retention_days, history_limit } = configuration;
  await checkListenAddress(host, port);
  await requireStore(configuration);
  const access = await accessOptions(configuration);
  const logger = createLogger({ name: 'nebula-api', level: configuration.log_level });
  const { close, ...chosen } = adapters(configuration);
  const version = programVersion(new URL('../../package.json', import.meta.url));
  const api = await createApi({
    ...chosen,
    ...access,
    ...{ logger, version, verify_interval_seconds, tombstone_retention_days, history_limit },
  });
  try {
    await api.listen(port, host);
  } catch (error) {
    await api.close();
    await close();
    throw listenError(host, port, error);
  }
  if (!configuration.auth_enabled) logger.warn('anyone who reaches the api is let in: auth_enabled is false');
  logger.log('the api listens', { host, port });
  // Ctrl-C is of somebody who waits for the end; what a service manager ends may be behind a load balancer.
  if ((await signals.requested()) === 'SIGTERM') await leave(api);
  api.getHttpServer().close();
  await api.close();
  await close();
  logger.log('the api has stopped');
  return EXIT.stopped;
}

async function requireStore(configuration: ApiConfiguration): Promise<void> {
  const store = storeOf(configuration);
  try {
    await checkStore(store);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const key = store.kind === 'mongo' ? 'mongo_url' : 'sqlite_file';
    throw new StartError([`${key}: ${error.message}`], undefined, { cause: error });
  }
}
