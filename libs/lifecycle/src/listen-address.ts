import { createServer } from 'node:net';
import { StartError } from './start-error.js';

/**
 * Finds out whether the api will be able to listen, before anything else is begun.
 * @throws {StartError} naming the key that has to change
 */
export async function checkListenAddress(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw listenError(host, port, error);
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** What a failed `listen` means for whoever wrote the configuration. */
export function listenError(host: string, port: number, error: unknown): StartError {
  return new StartError([listenProblem(host, port, error)], undefined, { cause: error });
}

function listenProblem(host: string, port: number, error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `api_port: port ${port} on ${host} is in use by another program; set another api_port`;
    case 'EACCES':
      return `api_port: this user may not listen on port ${port}; set an api_port from 1024 up`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `api_host: ${host} is no address of this machine; 127.0.0.1 is the default, 0.0.0.0 means all`;
    default:
      return `api_host, api_port: can't listen on ${host} port ${port}: ${String(error)}`;
  }
}
