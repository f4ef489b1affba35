import { checkListenAddress, EXIT, listenError, programVersion, type StopSignals } from '@nebula/lifecycle';
import { createLogger } from '@nebula/logging';
import { createApi } from '../create-api.js';
import { adapters } from './adapters.js';
import type { ApiConfiguration } from './configuration.js';

/**
 * Runs the api until a signal comes. Neither MongoDB nor RabbitMQ need to be there.
 * @returns the exit code
 * @throws {StartError} when it can't listen
 */
export async function runApi(configuration: ApiConfiguration, signals: StopSignals): Promise<number> {
  const { api_host: host, api_port: port, verify_interval_seconds, tombstone_retention_days } = configuration;
  await checkListenAddress(host, port);
  const logger = createLogger({ name: 'nebula-api', level: configuration.log_level });
  const { close, ...chosen } = adapters(configuration);
  const version = programVersion(new URL('../../package.json', import.meta.url));
  const api = await createApi({
    ...chosen,
    ...{ logger, version, verify_interval_seconds, tombstone_retention_days },
  });
  try {
    await api.listen(port, host);
  } catch (error) {
    await api.close();
    await close();
    throw listenError(host, port, error);
  }
  logger.log('the api listens', { host, port });
  await signals.requested();
  await api.close();
  await close();
  logger.log('the api has stopped');
  return EXIT.stopped;
}
