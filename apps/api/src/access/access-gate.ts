import { Injectable } from '@nestjs/common';
import { refuse } from './access-decision.js';
import { Authenticator } from './authenticator.js';
import type { Caller } from './caller.js';
import type { Requirement } from './requires.js';

/** A request before anything of it was looked at but its path. */
export interface AskedRequest {
  /** The header. */
  authorization: string | undefined;
  /** Of the address from which it comes: see `addressGroup`. */
  group: string;
  /** What the handler says of itself; null when it says nothing. */
  requirement: Requirement | null;
  /** Of the path, decoded. */
  parameters: Readonly<Record<string, string>>;
  method: string;
  /** Its pattern, for the log. */
  route: string;
}

/** Lets requests in or not: the one place where rights are asked for before a handler runs. */
@Injectable()
export class AccessGate {
  constructor(private readonly authenticator: Authenticator) {}

  /**
   * Answers the caller, at once where nothing has to be waited for; null of a call that is open to everybody.
   * @throws {ProblemError} 401, 403, 404 or 429
   * @throws {StoreUnavailableError} when a token can't be looked up
   */
  admit(asked: AskedRequest): Caller | null | Promise<Caller> {
    if (asked.requirement?.open) return null;
    const caller = this.authenticator.callerOf(asked.authorization, asked.group);
    return caller instanceof Promise ? caller.then((known) => allowed(known, asked)) : allowed(caller, asked);
  }
}

function allowed(caller: Caller, { requirement, parameters, method, route }: AskedRequest): Caller {
  if (!requirement || requirement.open)
    throw new Error(`the handler of ${method} ${route} says neither @Requires nor @Open`);
  refuse(caller, requirement, parameters);
  return caller;
}
