import type { FastifyInstance } from 'fastify';
import type { AccessGate } from '../access/access-gate.js';
import { addressGroup } from '../access/address-group.js';
import { CALLER, noteCaller } from '../access/caller.js';
import { type Requirement, requirementOf, withRequirement } from '../access/requires.js';
import { DOCUMENT_PATH, isPageOfDocumentation } from './documentation-paths.js';
import type { RateLimit } from './rate-limit.js';

/** The documentation tells nothing of what is there, but is for those alone who may look at something. */
const DOCUMENTATION: Requirement = { open: false, level: 'read', apps: 'each' };

/**
 * Asks of each request whether it may come in, before its body is read. To be registered before the first route.
 * @param limit of the requests of one address; null for any number
 */
export function registerAccess(server: FastifyInstance, gate: AccessGate, limit: RateLimit | null): void {
  server.addHook('onRoute', (route) => {
    if (isPageOfDocumentation(route.url) || route.url === `/${DOCUMENT_PATH}`)
      route.config = withRequirement(route.config, DOCUMENTATION);
  });
  server.decorateRequest(CALLER, null);
  server.addHook('onRequest', async (request) => {
    const { url = '', config } = request.routeOptions;
    const requirement = requirementOf(config);
    const group = addressGroup(request.ip);
    // Whoever watches over the program asks often, and is told nothing.
    if (!requirement?.open) limit?.count(group);
    const caller = await gate.admit({
      authorization: request.headers.authorization,
      group,
      requirement,
      parameters: request.params as Record<string, string>,
      route: `${request.method} ${url}`,
    });
    if (caller) noteCaller(request, caller);
  });
}
