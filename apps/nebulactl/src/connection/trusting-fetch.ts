import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { CommandError } from '../usage-error.js';

/**
 * A `fetch` that trusts certificates of a file beside the usual ones. That of Node can't be told so while it runs.
 * @param path of PEM
 * @throws {CommandError} when the file can't be read or has no certificate
 */
export function trustingFetch(path: string): typeof fetch {
  const certificates = certificatesOf(path);
  return async (input, init) => {
    // Loaded when it is asked: they are a part of the start of each command otherwise.
    const [{ request: requestHttps }, { rootCertificates }] = await Promise.all([
      import('node:https'),
      import('node:tls'),
    ]);
    const ca = [...rootCertificates, certificates];
    const asked = new Request(input, init);
    const body = asked.body === null ? null : Buffer.from(await asked.arrayBuffer());
    return new Promise<Response>((resolve, reject) => {
      const headers = {
        ...Object.fromEntries(asked.headers),
        ...(body ? { 'content-length': body.length } : {}),
      };
      const sent = requestHttps(
        asked.url,
        { method: asked.method, headers, ca, signal: asked.signal },
        (answer) => {
          const { statusCode = 0, statusMessage = '' } = answer;
          const hasBody = statusCode !== 204 && statusCode !== 304 && asked.method !== 'HEAD';
          if (!hasBody) answer.resume();
          resolve(
            new Response(hasBody ? (Readable.toWeb(answer) as ReadableStream<Uint8Array>) : null, {
              status: statusCode,
              statusText: statusMessage,
              headers: pairsOf(answer.rawHeaders),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body ?? undefined);
    });
  };
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
