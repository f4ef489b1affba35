import { isIPv6 } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { tooManyRequests } from '../access/access-problems.js';
import { addressGroup, networkOf, WIDER } from '../access/address-group.js';

const MINUTE_MS = 60_000;

/**
 * Counts requests by address, minute by minute.
 * @param limit so many in a minute
 * @returns to be asked once for each request that counts; it throws a `ProblemError` (429) beyond the limit
 */
export function rateLimiter(
  server: FastifyInstance,
  limit: number,
): (request: FastifyRequest) => Promise<void> {
  // Which requests count is known by whoever asks, so the plugin looks at none by itself.
  void server.register(rateLimit, { global: false });
  const countBy = (max: number, keyGenerator: (request: FastifyRequest) => string) =>
    createOnce(() => server.createRateLimit({ max, timeWindow: MINUTE_MS, keyGenerator }));
  const ofGroup = countBy(limit, ({ ip }) => addressGroup(ip));
  const ofNetwork = countBy(limit * WIDER, ({ ip }) => networkOf(addressGroup(ip)) ?? ip);
  return async (request) => {
    await count(ofGroup()(request), limit);
    // Else whoever has a network would have the limit once for each of its groups.
    if (isIPv6(request.ip)) await count(ofNetwork()(request), limit * WIDER);
  };
}

async function count(
  counting: ReturnType<ReturnType<FastifyInstance['createRateLimit']>>,
  limit: number,
): Promise<void> {
  const counted = await counting;
  if (!counted.isAllowed && counted.isExceeded) throw tooManyRequests(counted.ttlInSeconds, limit);
}

/** The plugin is there with the first request, not before. */
function createOnce<T>(create: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= create());
}
