/**
 * The management HTTP API of a broker of our own.
 */

/** @import { BrokerRecord, NodeRecord } from './rabbitmq-files.mjs' */

const LIMIT_MS = 20_000;

/**
 * @param {NodeRecord} node
 * @param {BrokerRecord['admin']} admin
 * @param {string} method
 * @param {string} path from `/api` on
 * @param {object} [body]
 * @param {number} [limitMs] longest wait for the answer, milliseconds
 * @returns {Promise<{ status: number, text: string }>}
 * @throws {Error} when nobody answers
 */
export async function manage(node, admin, method, path, body, limitMs = LIMIT_MS) {
  const answer = await fetch(`http://127.0.0.1:${node.managementPort}${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${admin.user}:${admin.password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(limitMs),
  });
  return { status: answer.status, text: await answer.text() };
}

/**
 * @param {BrokerRecord} record
 * @returns {Promise<number>} how many nodes of the cluster its first node sees running
 */
export async function runningNodes({ nodes, admin }) {
  const [first] = nodes;
  if (!first) return 0;
  const answer = await manage(first, admin, 'GET', '/api/nodes').catch(() => null);
  if (answer?.status !== 200) return 0;
  return parseNodes(answer.text).filter(({ running }) => running).length;
}

/** @type {(text: string) => { name: string, running: boolean, mem_used?: number }[]} */
export const parseNodes = JSON.parse;
