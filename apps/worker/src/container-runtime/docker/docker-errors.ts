import { isNativeError } from 'node:util/types';
import { RuntimeError, type RuntimeErrorKind } from '../runtime-error.js';

/** The engine answers 500 for a taken host port, so its text has to tell. */
const PORT_TAKEN = /port is already allocated|address already in use/i;

/** A network that is still in use is a 403, as are requests that can never succeed. */
const IN_USE = /has active endpoints/i;

/** What Podman names as the cause of a failure; its status is 500 for all of them. */
const KIND_OF_CAUSE: Readonly<Record<string, RuntimeErrorKind>> = {
  'that name is already in use': 'conflict',
  'network is being used': 'conflict',
  'OCI runtime attempted to invoke a command that was not found': 'invalid',
  'OCI permission denied': 'invalid',
};

/** How registries and engines say that an image isn't there, inside a stream that began with 200. */
const NOT_IN_REGISTRY = /manifest unknown|not found|does not exist/i;

const KIND_OF_STATUS: Record<number, RuntimeErrorKind> = {
  400: 'invalid',
  404: 'missing',
  409: 'conflict',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** What dockerode throws for an answer that is no success. */
interface EngineRefusal extends Error {
  statusCode: number;
}

/** The HTTP status with which the engine refused; null when it didn't answer. */
export function statusOf(error: unknown): number | null {
  return isRefusal(error) ? error.statusCode : null;
}

/** The one mapping from what dockerode throws to domain terms. */
export function toRuntimeError(error: unknown, host: string): RuntimeError {
  if (error instanceof RuntimeError) return error;
  if (isRefusal(error)) {
    const message = messageOf(error);
    return new RuntimeError(kindOf(error, message), message, { cause: error });
  }
  if (!isNativeError(error)) return new RuntimeError('other', String(error));
  // Errors of sockets and of aborted requests have a code; others are mistakes of a program.
  if ('code' in error) return unavailable(host, error.message, error);
  return new RuntimeError('other', error.message, { cause: error });
}

export function unavailable(host: string, reason: string, cause?: unknown): RuntimeError {
  return new RuntimeError('unavailable', `the Docker Engine at ${host} does not answer: ${reason}`, {
    cause,
  });
}

/** The connection broke while an answer was read, of which the engine has said nothing. Not all such errors have a code. */
export function streamBroken(error: unknown, host: string): RuntimeError {
  if (error instanceof RuntimeError) return error;
  return unavailable(host, isNativeError(error) ? error.message : String(error), error);
}

/** A failure that the engine reports inside the progress of a pull. */
export function pullError(message: string): RuntimeError {
  return new RuntimeError(NOT_IN_REGISTRY.test(message) ? 'missing' : 'other', message);
}

function kindOf(error: EngineRefusal, message: string): RuntimeErrorKind {
  if (PORT_TAKEN.test(message)) return 'port-taken';
  if (IN_USE.test(message)) return 'conflict';
  return KIND_OF_CAUSE[textIn(error, 'cause') ?? ''] ?? KIND_OF_STATUS[error.statusCode] ?? 'other';
}

function isRefusal(error: unknown): error is EngineRefusal {
  return isNativeError(error) && 'statusCode' in error && typeof error.statusCode === 'number';
}

/**
 * The engine's own words. dockerode's message puts a reason of its own in front, which is wrong for some calls (a
 * missing image is "no such container").
 */
function messageOf(error: EngineRefusal): string {
  const said = textIn(error, 'message');
  if (said !== null) return said;
  // For a call that answers with a stream there is only dockerode's text.
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : 'unexpected';
  const prefix = `(HTTP code ${error.statusCode}) ${reason} - `;
  const text = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return text.trim() || `HTTP status ${error.statusCode}`;
}

/** A text of the answer, when that was JSON. */
function textIn(error: EngineRefusal, name: string): string | null {
  const json: unknown = 'json' in error ? error.json : null;
  if (typeof json !== 'object' || json === null) return null;
  const value = (json as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}
