import { createNebulaClient, type NebulaClient } from '@nebula/sdk';
import { resolve } from 'node:path';
import type { Terminal } from '../console/terminal.js';
import { UsageError } from '../usage-error.js';
import { type Context, ContextFile, contextOf } from './context-file.js';

/** What every command is told about where to go. */
export interface ConnectionOptions {
  context?: string;
  url?: string;
  caFile?: string;
}

/** Which api is spoken to, and as whom. */
export interface Connection extends Context {
  /** Name of the context; null when the address was given by itself. */
  name: string | null;
}

/** Where `npm start` listens, without a login. */
export const AT_HOME = 'http://127.0.0.1:8000';

/**
 * What holds, in this order: `--url` and `--context`, `NEBULA_URL` and `NEBULA_CONTEXT`, the current context, and
 * this machine. Credentials of a context are for its address alone: with another address they stay where they are. So
 * does `NEBULA_TOKEN` beside `NEBULA_URL`; by itself it is for whatever is chosen.
 */
export function connectionOf(
  options: ConnectionOptions,
  env: Terminal['env'],
  file = ContextFile.of(env),
): Connection {
  if (options.url !== undefined && options.context !== undefined)
    throw new UsageError('--url and --context say both where to go: give one');
  const url = options.url ?? (options.context === undefined ? filled(env['NEBULA_URL']) : undefined);
  const chosen = url === undefined ? chosenContext(options, env, file) : { name: null, url };
  const token = tokenFor(chosen.url, env);
  const caFile = options.caFile ?? filled(env['NEBULA_CA_FILE']);
  const { user: _user, password: _password, ...withoutLogin } = chosen;
  return {
    ...(token === undefined ? chosen : { ...withoutLogin, token }),
    ...(caFile === undefined ? {} : { ca_file: resolve(caFile) }),
  };
}

function tokenFor(url: string, env: Terminal['env']): string | undefined {
  const its = filled(env['NEBULA_URL']);
  const isForIt = its === undefined || withoutSlash(its) === withoutSlash(url);
  return isForIt ? filled(env['NEBULA_TOKEN']) : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function chosenContext({ context }: ConnectionOptions, env: Terminal['env'], file: ContextFile): Connection {
  const contexts = file.read();
  const name = context ?? filled(env['NEBULA_CONTEXT']) ?? contexts.current;
  return name === null ? { name: null, url: AT_HOME } : { name, ...contextOf(contexts, name) };
}

/**
 * @param timeoutMs for one call with all its tries
 * @throws {UsageError} when the address or the credentials can't be right
 */
export function clientOf(
  { fetchTrusting }: Pick<Terminal, 'fetchTrusting'>,
  connection: Connection,
  timeoutMs = 30_000,
): NebulaClient {
  const { url, token, user, password, ca_file } = connection;
  try {
    return createNebulaClient({
      baseUrl: url,
      timeoutMs,
      headers: { 'user-agent': 'nebulactl' },
      ...(token === undefined ? {} : { token }),
      ...(token === undefined && user !== undefined ? { user } : {}),
      ...(token === undefined && password !== undefined ? { password } : {}),
      // They may be set for all clusters, of which some have no TLS.
      fetch: fetchTrusting(ca_file !== undefined && /^https:/i.test(url) ? ca_file : null),
    });
  } catch (error) {
    if (error instanceof TypeError)
      throw new UsageError(error.message.replace(/^baseUrl/, 'the address of the api'));
    throw error;
  }
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
