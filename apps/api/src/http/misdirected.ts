import type { FastifyRequest } from 'fastify';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/**
 * Refuses what comes over the loopback under the name of another server. A page may let its own name point to 127.0.0.1
 * once it is loaded ("DNS rebinding"), and is then taken for a page of this api by every browser. A proxy on this machine
 * that hands on the name under which it was asked has to be known.
 *
 * @param names more names under which the api is asked over the loopback, in lower case
 * @throws {ProblemError} 421
 */
export function refuseMisdirected({ headers, socket }: FastifyRequest, names: readonly string[]): void {
  const { host } = headers;
  if (host === undefined || !isLoopback(socket.localAddress ?? '')) return;
  const name = host.toLowerCase().replace(/:\d*$/, '');
  if (isLoopbackName(name) || names.includes(name)) return;
  throw new ProblemError(PROBLEMS.misdirected, {
    detail: `${host.slice(0, 255)} is not a name of this api. Use localhost, or set api_names to the names that a proxy on this machine hands on.`,
  });
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function isLoopbackName(name: string): boolean {
  return /^(.+\.)?localhost$/.test(name) || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
