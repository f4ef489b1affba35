/**
 * `fetch`, of which every answer is searched for secrets. It learns secrets from what is sent, too.
 */
import { noteSecret, SearchedStream, searchForSecrets } from './known-secrets.mjs';

/** @import { Ledger } from './known-secrets.mjs' */

/**
 * Bodies are searched as they are read, in whichever way that is done, and what comes on the edge of two parts, too.
 *
 * @param {typeof fetch} fetch
 * @param {Ledger} ledger
 * @returns {typeof fetch}
 */
export function searchedFetch(fetch, ledger) {
  return async (input, init) => {
    const request = input instanceof Request ? input.clone() : null;
    const url = input instanceof Request ? input.url : input instanceof URL ? input.href : input;
    noteCredentials(new Headers(init?.headers ?? request?.headers), ledger);
    const body = typeof init?.body === 'string' ? init.body : request ? await request.text() : '';
    if (body.includes('secret_env_vars')) noteSecretsIn(await parsed(body), ledger);

    const response = await fetch(input, init);
    const method = init?.method ?? request?.method ?? 'GET';
    const place = `the answer to ${method} ${url}, ${response.status}`;
    searchForSecrets(JSON.stringify([...response.headers]), place, ledger);
    if (response.body === null) return response;
    const { status, statusText, headers } = response;
    const searched = new Response(response.body.pipeThrough(searching(place, ledger)), {
      ...{ status, statusText, headers },
    });
    return Object.defineProperty(searched, 'url', { value: response.url });
  };
}

/**
 * @param {string} place
 * @param {Ledger} ledger
 * @returns {TransformStream<Uint8Array, Uint8Array>} that changes nothing
 */
function searching(place, ledger) {
  const searched = new SearchedStream(place, ledger);
  const decoder = new TextDecoder();
  return new TransformStream({
    transform: (part, controller) => {
      searched.add(decoder.decode(part, { stream: true }));
      controller.enqueue(part);
    },
  });
}

/**
 * A token, or a password, also as it stands in the header.
 *
 * @param {Headers} headers
 * @param {Ledger} ledger
 */
function noteCredentials(headers, ledger) {
  const text = headers.get('authorization') ?? '';
  const [, token = ''] = /^bearer\s+(\S{20,})$/i.exec(text) ?? [];
  noteSecret(token, ledger);
  const [, basic = ''] = /^basic\s+(\S+)$/i.exec(text) ?? [];
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? [];
  if (password === '') return;
  noteSecret(password, ledger);
  noteSecret(basic, ledger);
}

/**
 * The values of secrets in specs, wherever they are in what is sent.
 *
 * @param {unknown} value
 * @param {Ledger} ledger
 */
function noteSecretsIn(value, ledger) {
  if (typeof value !== 'object' || value === null) return;
  const { env_vars, secret_env_vars } = /** @type {Record<string, unknown>} */ (value);
  if (Array.isArray(secret_env_vars) && typeof env_vars === 'object' && env_vars !== null) {
    for (const [name, text] of Object.entries(env_vars)) {
      if (secret_env_vars.includes(name) && typeof text === 'string') noteSecret(text, ledger);
    }
  }
  for (const member of Object.values(value)) noteSecretsIn(member, ledger);
}

/**
 * @param {string} text JSON, or YAML of one document, which JSON nearly is
 * @returns {Promise<unknown>} null when it is neither
 */
async function parsed(text) {
  try {
    return /** @type {unknown} */ (JSON.parse(text));
  } catch {
    const { parse } = await import('yaml');
    try {
      return /** @type {unknown} */ (parse(text));
    } catch {
      return null;
    }
  }
}
