import type { FastifyInstance } from 'fastify';
import type { AccessGate } from '../access/access-gate.js';
import { noteCaller } from '../access/caller.js';
import { type Requirement, requirementOf, withRequirement } from '../access/requires.js';
import { API_PREFIX } from './api-prefix.js';

/** The documentation tells nothing of what is there, but is for those alone who may look at something. */
const DOCUMENTATION: Requirement = { open: false, level: 'read', apps: 'each' };

/** Asks of each request whether it may come in, before its body is read. To be registered before the first route. */
export function registerAccess(server: FastifyInstance, gate: AccessGate): void {
  server.addHook('onRoute', (route) => {
    if (isDocumentation(route.url)) route.config = withRequirement(route.config, DOCUMENTATION);
  });
  server.addHook('onRequest', async (request) => {
    const { url = '', config } = request.routeOptions;
    const caller = await gate.admit({
      authorization: request.headers.authorization,
      address: request.ip,
      requirement: requirementOf(config),
      parameters: request.params as Record<string, string>,
      route: `${request.method} ${url}`,
    });
    if (caller) noteCaller(request, caller);
  });
}

function isDocumentation(url: string): boolean {
  return url === '/docs' || url.startsWith('/docs/') || url === `/${API_PREFIX}/openapi.json`;
}
