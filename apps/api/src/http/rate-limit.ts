import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { tooManyRequests } from '../access/access-problems.js';
import { addressGroup } from '../access/address-group.js';

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
  const count = createOnce(() =>
    server.createRateLimit({
      max: limit,
      timeWindow: MINUTE_MS,
      keyGenerator: ({ ip }) => addressGroup(ip),
    }),
  );
  return async (request) => {
    const counted = await count()(request);
    if (!counted.isAllowed && counted.isExceeded) throw tooManyRequests(counted.ttlInSeconds, limit);
  };
}

/** The plugin is there with the first request, not before. */
function createOnce<T>(create: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= create());
}
