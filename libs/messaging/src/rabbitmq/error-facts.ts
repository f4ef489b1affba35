import { isNativeError } from 'node:util/types';

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** Node's code of an error (`ECONNREFUSED`) or RabbitMQ's (404); undefined when it has none. */
export function codeOf(error: unknown): unknown {
  return isNativeError(error) && 'code' in error ? error.code : undefined;
}
