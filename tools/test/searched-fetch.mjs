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
    const method = init?.method ?? request?.method ?? 'GET';
    const specs = body.includes('env_vars') ? specsIn(await parsed(body), { method, url }) : [];
    noteSecretsIn(specs, ledger);

    const response = await fetch(input, init);
    if (response.ok && !/[?&]dry_run=true/.test(url)) rememberNames(specs, ledger);
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
 * @typedef {object} SentSpec
 * @property {string} app of which api, and which one
 * @property {boolean} isWhole whether what is absent has its default, and not the value from before
 * @property {Record<string, unknown>} env_vars
 * @property {string[] | null} secret_env_vars null when nothing was said of them
 */

/**
 * The specs, and changes of them, wherever they are in what is sent. A loop, since tests send what is nested deeper than
 * calls can be.
 *
 * @param {unknown} sent
 * @param {{ method: string, url: string }} request
 * @returns {SentSpec[]}
 */
function specsIn(sent, request) {
  const values = new Set([sent]);
  const specs = [];
  for (const value of values) {
    if (typeof value !== 'object' || value === null) continue;
    for (const member of Object.values(value)) values.add(member);
    const { app_name, env_vars, secret_env_vars } = /** @type {Record<string, unknown>} */ (value);
    if (env_vars === undefined && secret_env_vars === undefined) continue;
    const { origin, pathname } = new URL(request.url);
    const [, inPath] = /\/apps\/([^/]+)/.exec(pathname) ?? [];
    specs.push({
      app: `${origin} ${typeof app_name === 'string' ? app_name : inPath}`,
      isWhole: request.method.toUpperCase() !== 'PATCH',
      env_vars: /** @type {Record<string, unknown>} */ (env_vars ?? {}),
      secret_env_vars: Array.isArray(secret_env_vars) ? secret_env_vars.map(String) : null,
    });
  }
  return specs;
}

/**
 * The values of secrets, also of those that became it by a body before.
 *
 * @param {SentSpec[]} specs
 * @param {Ledger} ledger
 */
function noteSecretsIn(specs, ledger) {
  for (const { app, isWhole, env_vars, secret_env_vars } of specs) {
    const names = secret_env_vars ?? (isWhole ? [] : (ledger.secretNames.get(app) ?? []));
    for (const [name, text] of Object.entries(env_vars)) {
      if (names.includes(name) && typeof text === 'string') noteSecret(text, ledger);
    }
  }
}

/**
 * @param {SentSpec[]} specs that were accepted
 * @param {Ledger} ledger
 */
function rememberNames(specs, ledger) {
  for (const { app, isWhole, secret_env_vars } of specs) {
    if (secret_env_vars !== null || isWhole) ledger.secretNames.set(app, secret_env_vars ?? []);
  }
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
