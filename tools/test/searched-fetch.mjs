/**
 * `fetch`, of which every answer is searched for secrets. It learns secrets from what is sent, too.
 */
import { noteSecret, searchForSecrets } from './known-secrets.mjs';

/** @import { Ledger } from './known-secrets.mjs' */

/**
 * A body that is read as a stream is not searched: who reads it hands it to `SearchedStream`.
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
    if (body.includes('secret_env_vars')) noteSecretsIn(parsed(body), ledger);

    const response = await fetch(input, init);
    const method = init?.method ?? request?.method ?? 'GET';
    const place = `the answer to ${method} ${url}, ${response.status}`;
    searchForSecrets(JSON.stringify([...response.headers]), place, ledger);
    const read = response.text.bind(response);
    const text = async () => {
      const whole = await read();
      searchForSecrets(whole, place, ledger);
      return whole;
    };
    return Object.assign(response, {
      text,
      json: async () => /** @type {unknown} */ (JSON.parse(await text())),
    });
  };
}

/**
 * @param {Headers} headers
 * @param {Ledger} ledger
 */
function noteCredentials(headers, ledger) {
  const [, token = ''] = /^bearer\s+(\S{20,})$/i.exec(headers.get('authorization') ?? '') ?? [];
  noteSecret(token, ledger);
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

/** @param {string} text */
function parsed(text) {
  try {
    return /** @type {unknown} */ (JSON.parse(text));
  } catch {
    return null;
  }
}
