import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { Readable } from 'node:stream';
import { CommandError } from '../usage-error.js';

/**
 * A `fetch` over the HTTP client of Node, in place of its own, which compiles a parser at the first call: that took more
 * of a short command than all else that it does. It can be told to trust certificates of a file beside the usual ones, too.
 * @param caFile path of PEM; null: the usual ones alone
 * @throws {CommandError} when the file can't be read or has no certificate
 */
export function httpFetch(caFile: string | null): typeof fetch {
  const certificates = caFile === null ? null : certificatesOf(caFile);
  return async (input, init) => {
    const asked = new Request(input, init);
    const body = asked.body === null ? null : Buffer.from(await asked.arrayBuffer());
    const { url, method, signal } = asked;
    const headers = {
      ...Object.fromEntries(asked.headers),
      ...(body ? { 'content-length': body.length } : {}),
    };
    const answer = await answerTo(url, { method, headers, signal }, body, certificates);
    if (certificates !== null || !isRedirection(answer)) return responseOf(answer, method);
    answer.resume();
    // Seldom, and what may be sent where is for who knows all the rules.
    return await fetch(url, { method, headers: asked.headers, body: body?.toString() ?? null, signal });
  };
}

async function answerTo(
  url: string,
  options: RequestOptions,
  body: Buffer | null,
  certificates: string | null,
): Promise<IncomingMessage> {
  // Loaded when it is asked: they are a part of the start of each command otherwise.
  const isSecure = url.startsWith('https:');
  const { request } = await (isSecure ? import('node:https') : import('node:http'));
  const ca =
    certificates === null ? {} : { ca: [...(await import('node:tls')).rootCertificates, certificates] };
  return await new Promise((resolve, reject) => {
    request(url, { ...options, ...ca }, resolve)
      .on('error', reject)
      .end(body ?? undefined);
  });
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

function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));
}
