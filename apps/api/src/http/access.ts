import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessGate } from '../access/access-gate.js';
import { addressGroup } from '../access/address-group.js';
import { CALLER, type Caller, noteCaller } from '../access/caller.js';
import { type Requirement, requirementOf, withRequirement } from '../access/requires.js';
import { DOCUMENT_PATH, isPageOfDocumentation } from './documentation-paths.js';
import { KnownRoutes } from './known-routes.js';

/**
 * The documentation, and the answer to what no handler takes, tell nothing of what is there, but are for those alone who
 * may look at something.
 */
const ANY_LOGIN: Requirement = { open: false, level: 'read', apps: 'each' };

/** What is open with every method that it knows, as a health check, says to everybody which those are. */
const EVERYBODY: Requirement = { open: true };

/** Asks of each request whether it may come in, before its body is read. To be registered before the first route. */
export function registerAccess(server: FastifyInstance, gate: AccessGate): void {
  const [open, guarded] = [new KnownRoutes(), new KnownRoutes()];
  server.addHook('onRoute', (route) => {
    if (isPageOfDocumentation(route.url) || route.url === `/${DOCUMENT_PATH}`)
      route.config = withRequirement(route.config, ANY_LOGIN);
    const known = requirementOf(route.config)?.open ? open : guarded;
    known.add(route.url, route.method);
  });
  const unrouted = (url: string): Requirement => {
    const [path = ''] = url.split('?');
    const isOpen = open.methodsOf(path).length > 0 && guarded.methodsOf(path).length === 0;
    return isOpen ? EVERYBODY : ANY_LOGIN;
  };
  server.decorateRequest(CALLER, null);
  const admit = (request: FastifyRequest) => {
    const { url: route = '', config } = request.routeOptions;
    const requirement = request.is404 ? unrouted(request.url) : requirementOf(config);
    const group = addressGroup(request.ip);
    const { authorization } = request.headers;
    const parameters = request.params as Record<string, string>;
    return gate.admit({ authorization, group, requirement, parameters, method: request.method, route });
  };
  // Most callers are known at once, and a promise for each request would cost them more than the question who they are.
  server.addHook('onRequest', (request, _reply, done) => {
    try {
      const caller = admit(request);
      if (caller instanceof Promise) {
        caller.then((known) => letIn(request, known, done), done);
        return;
      }
      if (caller) noteCaller(request, caller);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

function letIn(request: FastifyRequest, caller: Caller, done: () => void): void {
  noteCaller(request, caller);
  done();
}
