import { authorizationOf, type Credentials } from './credentials.js';
import { type Client, createClient } from './generated/client/index.js';
import { Transport } from './transport.js';

/** What the operations are called with, as `client`. */
export type NebulaClient = Client;

export interface NebulaClientOptions extends Credentials {
  /** Address of the api without `/api/v3`, like `https://nebula.example.com`; with a path when a proxy has it below one. */
  baseUrl: string;
  /** For a whole call with all of its tries, milliseconds; 30,000 when left out, 2,147,483,647 (24.8 days) at most, to which more is cut. What waits for workers, or is about many apps, has its own time on top. */
  timeoutMs?: number;
  /** New tries of a call that failed and may be repeated; 2 when left out, 0 for none. */
  maxRetries?: number;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** In place of the global one: for a proxy, an agent, or tests. */
  fetch?: typeof fetch;
}

const TIMEOUT_MS = 30_000;
const MAX_RETRIES = 2;

/**
 * A client for one api. It holds no connection and needs no end.
 *
 * @throws {TypeError} when an option is wrong
 */
export function createNebulaClient(options: NebulaClientOptions): NebulaClient {
  const transport = new Transport({
    // Looked up with each call, so that what is put around the global one later works, too.
    fetch: options.fetch ?? ((...parts) => globalThis.fetch(...parts)),
    authorization: authorizationOf(options),
    timeoutMs: wholeNumber('timeoutMs', options.timeoutMs ?? TIMEOUT_MS, 1),
    maxRetries: wholeNumber('maxRetries', options.maxRetries ?? MAX_RETRIES, 0),
  });
  return createClient({
    baseUrl: checkedBaseUrl(options.baseUrl),
    headers: { ...options.headers },
    fetch: (input, init) => transport.send(input instanceof Request ? input : new Request(input, init)),
    throwOnError: true,
    responseStyle: 'data',
  });
}

function checkedBaseUrl(text: string): string {
  const url = parsedUrl(text);
  const problem =
    url === null || !/^https?:$/.test(url.protocol)
      ? 'must be an address like https://nebula.example.com'
      : url.username !== '' || url.password !== ''
        ? 'must have no credentials in it: give them as user and password, or as token'
        : url.search !== '' || url.hash !== ''
          ? 'must end with the host or a path'
          : /\/api\/v\d+\/?$/.test(url.pathname)
            ? 'must be without /api/v3, which every operation adds'
            : null;
  // What may hold credentials is not repeated, also where it is no address that can be read.
  const shown = /[@?#]/.test(text) ? '' : `, not ${JSON.stringify(text)}`;
  if (problem !== null) throw new TypeError(`baseUrl ${problem}${shown}`);
  return text.replace(/\/+$/, '');
}

function parsedUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new TypeError(`${name} must be a whole number, ${least} or more, not ${String(value)}`);
}
