import type { FastifyInstance } from 'fastify';
import type { AccessGate } from '../access/access-gate.js';
import { CALLER, noteCaller } from '../access/caller.js';
import { type Requirement, requirementOf, withRequirement } from '../access/requires.js';
import { DOCUMENT_PATH, isPageOfDocumentation } from './documentation-paths.js';
import { rateLimiter } from './rate-limit.js';

/** The documentation tells nothing of what is there, but is for those alone who may look at something. */
const DOCUMENTATION: Requirement = { open: false, level: 'read', apps: 'each' };

/**
 * Asks of each request whether it may come in, before its body is read. To be registered before the first route.
 * @param limit so many requests one address may make in a minute; 0 for any number
 */
export function registerAccess(server: FastifyInstance, gate: AccessGate, limit: number): void {
  server.addHook('onRoute', (route) => {
    if (isPageOfDocumentation(route.url) || route.url === `/${DOCUMENT_PATH}`)
      route.config = withRequirement(route.config, DOCUMENTATION);
  });
  server.decorateRequest(CALLER, null);
  const countRequest = limit === 0 ? null : rateLimiter(server, limit);
  server.addHook('onRequest', async (request) => {
    const { url = '', config } = request.routeOptions;
    const requirement = requirementOf(config);
    // Whoever watches over the program asks often, and is told nothing.
    if (countRequest && !requirement?.open) await countRequest(request);
    const caller = await gate.admit({
      authorization: request.headers.authorization,
      address: request.ip,
      requirement,
      parameters: request.params as Record<string, string>,
      route: `${request.method} ${url}`,
    });
    if (caller) noteCaller(request, caller);
  });
}
