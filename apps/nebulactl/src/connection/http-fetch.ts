import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Agent } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { CommandError } from '../usage-error.js';

/** As long as in Node's own fetch. */
const CONNECT_LIMIT_MS = 10_000;

export interface FetchOptions {
  /**
   * Longest time until a connection is there, with TLS where that is asked for; the call rejects with the code `ETIMEDOUT`
   * after it. Milliseconds, 10,000 when left out.
   */
  connectLimitMs?: number;
  /** Of `NODE_EXTRA_CA_CERTS`, of which Node below 22.15 takes no notice any more once there is another file. */
  extraCaFile?: string | undefined;
}

/**
 * A `fetch` over the HTTP client of Node, in place of its own, which compiles a parser at the first call: that took more
 * of a short command than all else that it does. It can be told to trust certificates of a file beside the usual ones, too;
 * then no redirect is followed, and otherwise that of a GET or HEAD.
 * @param caFile path of PEM; null: the usual ones alone
 * @throws {CommandError} when the file can't be read or has no certificate
 */
export function httpFetch(
  caFile: string | null,
  { connectLimitMs = CONNECT_LIMIT_MS, extraCaFile }: FetchOptions = {},
): typeof fetch {
  const certificates = caFile === null ? null : [certificatesOf(caFile), ...readable(extraCaFile)];
  let agent: Promise<Agent> | null = null;
  return async (input, init) => {
    const asked = new Request(input, init);
    const body = asked.body === null ? null : Buffer.from(await asked.arrayBuffer());
    const { url, method, signal, redirect } = asked;
    const headers = {
      ...Object.fromEntries(asked.headers),
      ...(body ? { 'content-length': body.length } : {}),
    };
    if (certificates !== null) agent ??= agentTrusting(certificates);
    const trusting = agent === null ? {} : { agent: await agent };
    const answer = await answerTo(url, { method, headers, signal, ...trusting }, body, connectLimitMs);
    const isFollowing = certificates === null && redirect === 'follow' && /^(GET|HEAD)$/.test(method);
    if (!isFollowing || !isRedirection(answer)) return responseOf(answer, method);
    answer.resume();
    // Seldom, and what may be sent where is for who knows all the rules.
    return await fetch(url, { method, headers: asked.headers, signal });
  };
}

async function answerTo(
  url: string,
  options: RequestOptions,
  body: Buffer | null,
  connectLimitMs: number,
): Promise<IncomingMessage> {
  // Loaded when it is asked: they are a part of the start of each command otherwise.
  const isSecure = url.startsWith('https:');
  const { request } = await (isSecure ? import('node:https') : import('node:http'));
  return await new Promise((resolve, reject) => {
    request(url, options, resolve)
      .on('error', reject)
      .on('socket', (socket) =>
        limitConnecting(socket, isSecure ? 'secureConnect' : 'connect', connectLimitMs),
      )
      .end(body ?? undefined);
  });
}

/**
 * Trusts these certificates beside what Node has been told to trust, and otherwise is as Node's own agent. Nobody else uses
 * its connections, which were let in by them.
 */
async function agentTrusting(certificates: readonly string[]): Promise<Agent> {
  const [{ Agent, globalAgent }, { createSecureContext }] = await Promise.all([
    import('node:https'),
    import('node:tls'),
  ]);
  const secureContext = createSecureContext();
  // What is documented takes the place of the usual ones (`ca`), or can't list them all (those of `--use-openssl-ca`).
  const trusted = secureContext.context as { addCACert: (pem: string) => void };
  for (const each of certificates) trusted.addCACert(each);
  // They have the proxies of the environment, too, where Node is told to use them.
  return new Agent({ ...globalAgent.options, secureContext });
}

/** The system itself gives up after two minutes, and never where nothing is said of TLS. */
function limitConnecting(socket: Socket, connected: 'connect' | 'secureConnect', limitMs: number): void {
  // One that is used again.
  if (!socket.connecting) return;
  const late = Object.assign(new Error(`no connection after ${limitMs} ms`), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => socket.destroy(late), limitMs);
  const end = () => clearTimeout(timer);
  socket.once(connected, end).once('close', end);
}

function isRedirection({ statusCode = 0, headers }: IncomingMessage): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined;
}

function responseOf(answer: IncomingMessage, method: string): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = answer;
  const hasBody = status !== 204 && status !== 304 && method !== 'HEAD';
  if (!hasBody) answer.resume();
  const body = hasBody ? (Readable.toWeb(answer) as ReadableStream<Uint8Array>) : null;
  return new Response(body, { status, statusText, headers: pairsOf(rawHeaders) });
}

function certificatesOf(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError(`the certificates can't be read: ${(error as Error).message}`);
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new CommandError(`${path} has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----`);
}

/** What is in a file, if it can be read: of one that can't Node itself warns. */
function readable(path: string | undefined): string[] {
  try {
    return path ? [readFileSync(path, 'utf8')] : [];
  } catch {
    return [];
  }
}

function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));
}
