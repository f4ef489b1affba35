import { NebulaApiError, NebulaConnectionError } from './errors.js';
import { pause } from './pause.js';
import { apiErrorOf } from './problem.js';
import { isPassing, mayRepeat, saysNothingWasDone, waitBefore } from './retry.js';
import { TimeLimit } from './time-limit.js';

export interface TransportOptions {
  fetch: typeof fetch;
  /** Value of the header `Authorization`; null when there are no credentials. Asked before every try. */
  authorization: () => Promise<string | null>;
  /** For a whole call with all of its tries, milliseconds. */
  timeoutMs: number;
  /** New tries after the first. */
  maxRetries: number;
}

type Failure = NebulaApiError | NebulaConnectionError;

/** What may be sent on: of anything else `fetch` can make a GET on the way, and its answer says nothing of a change. */
const SENT_ON: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const EVENT_STREAM = 'text/event-stream';

/** How long `GET /apps/{app}/wait` takes when it is not told otherwise, seconds. */
const WAIT_SECONDS = 60;

/** Sends requests: with credentials, again where that is harmless, and within a time limit. */
export class Transport {
  constructor(
    private readonly options: TransportOptions,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * Answers what succeeded, whole; of events the beginning.
   *
   * @throws {NebulaApiError} for an answer that is an error
   * @throws {NebulaConnectionError} when there is no answer
   * @throws {NebulaTimeoutError} when there is none in time
   * @throws the reason of the request's signal
   */
  readonly send = async (request: Request): Promise<Response> => {
    const limit = new TimeLimit(
      this.options.timeoutMs + askedToWait(request),
      request.signal,
      nameOf(request),
    );
    try {
      return await this.tried(request, limit);
    } finally {
      limit.release();
    }
  };

  private async tried(request: Request, limit: TimeLimit): Promise<Response> {
    let mayBeDone = false;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.attempt(request, limit, { attempts: attempt, mayBeDone });
      if (result instanceof Response) return result;
      mayBeDone ||= !saysNothingWasDone(result);
      const wait = this.waitAfter(result, request, attempt);
      // What can't be awaited within the limit is told at once.
      if (wait === null || wait >= limit.left) throw result;
      await pause(wait, limit.signal);
    }
  }

  private async attempt(
    request: Request,
    limit: TimeLimit,
    tries: { attempts: number; mayBeDone: boolean },
  ): Promise<Response | Failure> {
    const headers = new Headers(request.headers);
    const authorization = await this.options.authorization();
    if (authorization !== null && !headers.has('authorization')) headers.set('authorization', authorization);
    const { fetch } = this.options;
    const redirect = SENT_ON.has(request.method) ? request.redirect : 'manual';
    try {
      const response = await fetch(request.clone(), { headers, signal: limit.signal, redirect });
      if (!response.ok) return await apiErrorOf(request, response, tries);
      return isEventStream(response) ? response : await wholeOf(response);
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason as Error;
      return new NebulaConnectionError(`${nameOf(request)} was not answered: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Milliseconds; null when it is not tried again. */
  private waitAfter(error: Failure, request: Request, attempt: number): number | null {
    if (attempt > this.options.maxRetries || !mayRepeat(request)) return null;
    if (!(error instanceof NebulaApiError)) return waitBefore(attempt, null, this.random());
    return isPassing(error.status) ? waitBefore(attempt, error.retryAfter, this.random()) : null;
  }
}

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith(EVENT_STREAM) ?? false;
}

/** With its body read, so that the time limit is over, and a connection that breaks in the middle is noticed here. */
async function wholeOf(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
}

/** The api begins with no further app after a minute, and the one that it has begun with takes its time. */
const MANY_APPS_MS = 90_000;

/** How long the api itself may take before it answers, milliseconds. */
function askedToWait({ url, method }: Request): number {
  const { pathname, searchParams } = new URL(url);
  if (method === 'POST' && /\/api\/v\d+\/(?:apply|prune)$/.test(pathname)) return MANY_APPS_MS;
  if (method !== 'GET' || !/\/apps\/[^/]+\/wait$/.test(pathname)) return 0;
  const seconds = Number(searchParams.get('timeout') ?? WAIT_SECONDS);
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

function nameOf({ method, url }: Request): string {
  return `${method} ${url}`;
}

/** The innermost reason: `fetch failed` alone helps nobody. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: unknown; cause?: unknown };
  const inner = typeof cause === 'object' && cause !== null ? reasonOf(cause) : '';
  return (
    inner ||
    (typeof message === 'string' && message !== ''
      ? message
      : String((error as { code?: unknown }).code ?? error))
  );
}
