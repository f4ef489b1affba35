import { isNativeError } from 'node:util/types';
import { managementUrlProblems } from './management-url.js';

/** Where the management plugin of a broker is, and who its administrator is. */
export interface ManagementAccess {
  /** Like `http://host:15672`, without user and password. */
  url: string;
  user: string;
  password: string;
}

/** Longest wait for one answer, milliseconds. */
const LIMIT_MS = 10_000;

/** The management plugin can't be used, or refuses; in words for people, without the password. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError';
}

/** The HTTP API of RabbitMQ's management plugin, as far as the set-up of a broker needs it. */
export class ManagementClient {
  /** Without a slash at its end. */
  private readonly url: string;

  /**
   * @param stopping ends the calls that are under way
   * @throws {ManagementError} when the address is none
   */
  constructor(
    private readonly access: ManagementAccess,
    private readonly stopping?: AbortSignal,
  ) {
    const problems = managementUrlProblems('the address of the management plugin', access.url);
    if (problems.length > 0) throw new ManagementError(problems.join('; '));
    const { origin, pathname } = new URL(access.url);
    this.url = `${origin}${pathname}`.replace(/\/+$/, '');
  }

  /**
   * Creates or replaces. A path's parts are to be encoded.
   * @throws {ManagementError}
   */
  async put(path: string, body: object): Promise<void> {
    await this.call('PUT', path, body);
  }

  /** @throws {ManagementError} */
  async post(path: string, body: object): Promise<void> {
    await this.call('POST', path, body);
  }

  /**
   * Whether there is something.
   * @throws {ManagementError}
   */
  async has(path: string): Promise<boolean> {
    return await this.call('GET', path);
  }

  /** @returns whether there is something at that path; a change fails where there is nothing */
  private async call(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<boolean> {
    const { user, password } = this.access;
    const { url } = this;
    const limit = AbortSignal.timeout(LIMIT_MS);
    let status: number;
    let text: string;
    try {
      const answer = await fetch(`${url}/api/${path}`, {
        method,
        headers: {
          authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
          'content-type': 'application/json',
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        redirect: 'error',
        signal: this.stopping ? AbortSignal.any([this.stopping, limit]) : limit,
      });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      throw new ManagementError(`the management plugin at ${url} ${reasonOf(error)}`, {
        cause: error,
      });
    }
    if (status < 400) return true;
    if (status === 404 && method === 'GET') return false;
    const place = `${method} ${path}`;
    if (status === 401)
      throw new ManagementError(`the administrator ${user} is refused: user or password is wrong`);
    if (status === 403) throw new ManagementError(`the user ${user} is no administrator`);
    throw new ManagementError(`the broker answers ${place} with ${status}: ${explanation(text)}`);
  }
}

function reasonOf(error: unknown): string {
  // What a time limit throws is a DOMException.
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `does not answer within ${LIMIT_MS / 1000} s`;
  if (!isNativeError(error)) return 'can not be asked';
  const { cause } = error;
  if (isNativeError(cause) && 'code' in cause && cause.code === 'ECONNREFUSED')
    return 'does not answer: nobody listens there';
  return `does not answer: ${isNativeError(cause) ? cause.message : error.message}`;
}

/** The plugin says what is wrong in JSON; anything else is cut short. */
function explanation(text: string): string {
  try {
    const { reason, error } = JSON.parse(text) as { reason?: unknown; error?: unknown };
    const words = [error, reason].filter((part) => typeof part === 'string');
    if (words.length > 0) return words.join(': ');
  } catch {
    // It isn't JSON.
  }
  return text.slice(0, 200);
}
