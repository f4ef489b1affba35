import { createServer } from 'node:net';
import { withoutCredentials } from '@nebula/configuration';
import { StartError } from './start-error.js';

/** Names of the keys that a listening address is configured with. */
export interface ListenKeys {
  host: string;
  port: string;
}

const API_LISTEN_KEYS: ListenKeys = { host: 'api_host', port: 'api_port' };

/**
 * Finds out whether a program will be able to listen, before anything else is begun.
 * @throws {StartError} naming the key that has to change
 */
export async function checkListenAddress(host: string, port: number, keys = API_LISTEN_KEYS): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw listenError(host, port, error, keys);
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** What a failed `listen` means for whoever wrote the configuration. */
export function listenError(host: string, port: number, error: unknown, keys = API_LISTEN_KEYS): StartError {
  return new StartError([listenProblem(host, port, error, keys)], undefined, { cause: error });
}

function listenProblem(host: string, port: number, error: unknown, keys: ListenKeys): string {
  const shown = withoutCredentials(host);
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `${keys.port}: port ${port} on ${shown} is in use by another program; set another ${keys.port}`;
    case 'EACCES':
      return `${keys.port}: this user may not listen on port ${port}; set ${keys.port} to 1024 or more`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${keys.host}: ${shown} is no address of this machine; 127.0.0.1 is the default, 0.0.0.0 means all`;
    default:
      return `${keys.host}, ${keys.port}: can't listen on ${shown} port ${port}: ${withoutCredentials(String(error))}`;
  }
}
