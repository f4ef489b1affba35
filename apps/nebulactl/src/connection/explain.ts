import { NebulaApiError, NebulaConnectionError, NebulaTimeoutError, NotConvergedError } from '@nebula/sdk';
import { CommandError, EXIT, UsageError } from '../usage-error.js';
import { AT_HOME, type Connection } from './session.js';

/** What is said of a failure, and what the program ends with. */
export interface Explanation {
  /** Begins with a small letter; further lines are details. */
  text: string;
  exitCode: number;
}

const UNTRUSTED =
  /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|DEPTH_ZERO|CERT_UNTRUSTED|self.signed|unable to (verify|get)/i;

/**
 * Any error in words that say what to do.
 * @param connection null when it is not known yet
 */
export function explain(error: unknown, connection: Connection | null): Explanation {
  if (error instanceof UsageError) return { text: error.message, exitCode: EXIT.usage };
  if (error instanceof CommandError) return { text: error.message, exitCode: error.exitCode };
  const at = connection?.url ?? 'the api';
  if (error instanceof NebulaApiError) return failed(ofAnswer(error, at));
  if (error instanceof NebulaConnectionError) return failed(ofConnection(error, at, connection));
  if (error instanceof NebulaTimeoutError)
    return failed(`${at} did not answer in time; a change may have been made or not`);
  if (error instanceof NotConvergedError) return failed(error.message);
  return failed(error instanceof Error ? error.message : String(error));
}

function failed(text: string): Explanation {
  return { text, exitCode: EXIT.failed };
}

function ofAnswer(error: NebulaApiError, at: string): string {
  const { status, type, detail, title, errors, retryAfter, location } = error;
  const again = retryAfter === null ? '' : `; try again in ${Math.ceil(retryAfter)} s`;
  if (status === 401)
    return `${at} does not let you in: ${detail || title} Log in with: nebulactl login ${at}`;
  if (location !== null) return redirected(at, error.url, location);
  if (type === 'urn:nebula:problem:unknown-path')
    return older(at, `it has no ${new URL(error.url).pathname}`);
  if (errors.some(({ message }) => message.endsWith('a document has "apps" alone')))
    return older(at, 'it does not know "expected" of a document');
  const unknown = errors.find(
    ({ parameter, message }) => parameter !== undefined && message.includes('is not a known query parameter'),
  );
  if (unknown) return older(at, `it does not know ${JSON.stringify(unknown.parameter)}`);
  if (type === 'about:blank')
    return `${at} answered with ${status} and not as Nebula does: is the address right?`;
  if (errors.length > 0) return [`${title}:`, ...errors.map(placeOf)].join('\n  ');
  return `${(detail || title).replace(/\.$/, '')}${again}`;
}

/** Another address of an api has the path that was asked for; a login that a proxy puts before it has its own. */
function redirected(at: string, asked: string, location: string): string {
  const path = /\/api\/v\d+\/.*$/.exec(new URL(asked).pathname)?.[0];
  if (path !== undefined && location.endsWith(path))
    return `${at} redirects to ${location.slice(0, -path.length)}, which is not followed: use that address (nebulactl login, or --url)`;
  return `${at} redirects to ${location}, which is not the same call at another address: is there a login of a proxy before the api?`;
}

function older(at: string, what: string): string {
  return `the api at ${at} is older than this nebulactl: ${what} (see nebulactl version)`;
}

function placeOf({ pointer, parameter, message }: NebulaApiError['errors'][number]): string {
  return `${pointer || parameter || 'the document'} ${message}`;
}

function ofConnection(error: NebulaConnectionError, at: string, connection: Connection | null): string {
  const reason = innermost(error);
  const told = `${reason.code ?? ''} ${reason.message}`;
  if (UNTRUSTED.test(told))
    return `the certificate of ${at} is not trusted (${reason.message}): give who signed it with --ca-file or NEBULA_CA_FILE`;
  if (/CERT_HAS_EXPIRED|expired/i.test(told)) return `the certificate of ${at} has expired`;
  if (/ALTNAME|altnames/i.test(told))
    return `the certificate of ${at} is for another name (${reason.message})`;
  if (/WRONG_VERSION_NUMBER|wrong version number|packet length/i.test(told))
    return `${at} does not speak TLS: is it http and not https?`;
  return `${at} can't be reached: ${wordsOf(reason)}${whyThere(connection)}`;
}

/** Why it was asked there, unless it was told to. */
function whyThere(connection: Connection | null): string {
  if (connection === null) return '';
  if (connection.name !== null) return ` (context ${connection.name})`;
  return connection.url === AT_HOME ? ' (no context is chosen: nebulactl login, or --url)' : '';
}

/** What the system calls an error means nothing to many. */
function wordsOf({ code, message }: { code: string | null; message: string }): string {
  const words: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'there is no such host',
    EAI_AGAIN: 'the name of the host could not be looked up',
    ECONNRESET: 'the connection was cut',
    UND_ERR_SOCKET: 'the connection was cut',
    EHOSTUNREACH: 'there is no way to the host',
    ETIMEDOUT: 'the host does not answer',
    UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
  };
  return (code !== null && words[code]) || message;
}

function innermost(error: unknown): { code: string | null; message: string } {
  const { cause, code, message, errors } = error as {
    cause?: unknown;
    code?: unknown;
    message?: unknown;
    errors?: unknown[];
  };
  // An address has several where a name stands for more than one.
  const inner = cause ?? errors?.[0];
  if (typeof inner === 'object' && inner !== null) return innermost(inner);
  return {
    code: typeof code === 'string' ? code : null,
    message: typeof message === 'string' ? message : String(error),
  };
}
