import { ALL_RIGHTS, covers, type Rights } from './rights.js';

/**
 * Who makes a request. `administrator`: who has credentials of the configuration. `token`: who has one that was made
 * with `POST /tokens`. `anyone`: nobody is asked who they are.
 */
export interface Caller {
  kind: 'administrator' | 'token' | 'anyone';
  /** For people, and for records of who did what: the user, `auth_token`, `token:<name>`, or `anyone`. */
  name: string;
  rights: Rights;
  /** Id of the token, of one that has a token. */
  token?: string;
}

/** Who calls where nobody is asked. */
export const ANYONE: Caller = { kind: 'anyone', name: 'anyone', rights: ALL_RIGHTS };

/**
 * Whether the app, be there one or not, is for the eyes of the caller. What isn't is answered as what is not there, and
 * left out of lists.
 */
export function maySee({ rights }: Caller, appName: string): boolean {
  return covers(rights, appName);
}

/** Where a request, as Fastify has it, carries its caller. One that was not let in has none. */
export const CALLER = Symbol('caller');

interface WithCaller {
  [CALLER]?: Caller | null;
}

/** Called once for each request, by what lets it in. */
export function noteCaller(request: object, caller: Caller): void {
  (request as WithCaller)[CALLER] = caller;
}

/** Who makes a request; undefined of one that was not let in, or is for everybody. */
export function callerIfKnown(request: object): Caller | undefined {
  return (request as WithCaller)[CALLER] ?? undefined;
}

/**
 * Who makes a request that was let in.
 * @param request as Fastify has it
 */
export function callerOf(request: object): Caller {
  const caller = callerIfKnown(request);
  if (!caller) throw new Error('a request was handled whose caller was not looked at');
  return caller;
}
