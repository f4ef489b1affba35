import type { FastifyRequest } from 'fastify';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

const CHANGES_NOTHING = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses changes that a page of another site asks a browser for. An api on loopback is within reach of every page that
 * is open on that machine, and a call without a body needs no permission of the server (Fetch standard, "simple"
 * requests). Browsers tell who asks by `Sec-Fetch-Site` (Fetch Metadata, W3C), old ones by `Origin` alone; programs send
 * neither.
 *
 * @param origins whose pages may
 * @throws {ProblemError} 403
 */
export function refuseCrossSite({ method, headers }: FastifyRequest, origins: readonly string[]): void {
  if (CHANGES_NOTHING.includes(method)) return;
  const site = headers['sec-fetch-site'];
  const { origin, host } = headers;
  if (origin !== undefined && origins.includes(origin)) return;
  const foreign =
    site === undefined
      ? origin !== undefined && hostOf(origin) !== host?.toLowerCase()
      : !['same-origin', 'none'].includes(String(site).toLowerCase());
  if (!foreign) return;
  const page = origin === undefined ? 'A page of another site' : `A page of ${origin}`;
  throw new ProblemError(PROBLEMS.crossSite, {
    detail: `${page} asks for a change. Only pages of this api and programs may.`,
  });
}

/** Null when it is no origin, like the `null` of a page without one. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
