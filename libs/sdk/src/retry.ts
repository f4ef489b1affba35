/** Statuses that pass: the api's own 429 and 503, and those of a proxy that has no api to ask at the moment. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const IDEMPOTENT: ReadonlySet<string> = new Set(['PUT', 'DELETE']);

/** The wait before the first new try is half of this on average, and twice as long before each further one, milliseconds. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** Added to what a server asks for, so that not all come back at once, milliseconds. */
const SPREAD_MS = 250;

/** What the api answers before it looks at what is asked for. */
const NOTHING_WAS_DONE: ReadonlySet<string> = new Set([
  'urn:nebula:problem:too-many-requests',
  'urn:nebula:problem:shutting-down',
]);

/**
 * Codes of failures before there was a connection, over which nothing can have been sent. Others, like EHOSTUNREACH, can
 * also end a connection that was there: of these the system says whether it was to be made.
 */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'],
]);

/**
 * Whether a try has surely done nothing: the api has said so, or there was no connection to it. Any other lost answer says
 * nothing.
 */
export function saysNothingWasDone(failure: object): boolean {
  if (hadNoConnection(failure)) return true;
  return 'type' in failure && typeof failure.type === 'string' && NOTHING_WAS_DONE.has(failure.type);
}

/** By the innermost causes, which are what the system has said: several where a name has several addresses. */
function hadNoConnection(failure: unknown): boolean {
  if (failure instanceof AggregateError)
    return failure.errors.length > 0 && failure.errors.every(hadNoConnection);
  if (!(failure instanceof Error)) return false;
  const { cause, code, syscall }: { cause?: unknown; code?: unknown; syscall?: unknown } = failure;
  if (cause instanceof Error) return hadNoConnection(cause);
  return syscall === 'connect' || (typeof code === 'string' && NOT_CONNECTED.has(code));
}

export function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/**
 * Whether a request may be sent again though the one before may have been carried out.
 *
 * A PUT or DELETE with a precondition is not: when the first has succeeded and only its answer was lost, the second
 * meets the revision that the first has made, and 412 would say that somebody else came first. POST and PATCH are not
 * idempotent: each `restart` is a restart of its own.
 */
export function mayRepeat({ method, headers }: Request): boolean {
  if (SAFE.has(method)) return true;
  return IDEMPOTENT.has(method) && !headers.has('if-match') && !headers.has('if-none-match');
}

/**
 * How long to wait before the next try, milliseconds.
 * @param attempt number of tries so far
 * @param retryAfter seconds that the server asks for; null when it doesn't
 * @param random at least 0 and less than 1
 */
export function waitBefore(attempt: number, retryAfter: number | null, random: number): number {
  if (retryAfter !== null) return retryAfter * 1_000 + random * SPREAD_MS;
  // Full jitter: many clients that met one failure come back one by one.
  return random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
}

/** Seconds that `Retry-After` asks for (RFC 9110, 10.2.3): a number, or the time until a date. */
export function retryAfterOf(headers: Headers, now = Date.now()): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  // The forms of a date in HTTP begin with the day of the week. Date.parse takes nearly anything.
  const at = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, (at - now) / 1_000);
}
