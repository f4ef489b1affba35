import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import type { Caller } from './caller.js';
import type { Level } from './rights.js';

const BASIC = 'Basic realm="Nebula", charset="UTF-8"';
const BEARER = 'Bearer realm="Nebula"';

/** No credentials, or none that this api knows a scheme for. */
export function credentialsMissing(): ProblemError {
  return new ProblemError(PROBLEMS.unauthenticated, {
    detail: 'This call needs a login: a user with a password (Basic), or a token (Bearer).',
    headers: { 'www-authenticate': `${BASIC}, ${BEARER}` },
  });
}

export function passwordWrong(): ProblemError {
  return new ProblemError(PROBLEMS.unauthenticated, {
    detail: 'The user or the password is wrong.',
    headers: { 'www-authenticate': BASIC },
  });
}

export function tokenWrong(): ProblemError {
  return tokenRefused('The token is wrong, or it was revoked.');
}

/** Only for who has the whole token: others could learn from it that there is one. */
export function tokenExpired(at: string): ProblemError {
  return tokenRefused(`The token expired at ${at}.`);
}

function tokenRefused(detail: string): ProblemError {
  // Without Basic, so that no browser asks for a password in place of a page that has a token.
  const headers = { 'www-authenticate': `${BEARER}, error="invalid_token"` };
  return new ProblemError(PROBLEMS.unauthenticated, { detail, headers });
}

/** @param waitMs until the next try, milliseconds */
export function tooManyFailures(waitMs: number): ProblemError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new ProblemError(PROBLEMS.tooManyLogins, {
    detail: `Too many logins from this address have failed. Try again in ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  });
}

export function tooManyRequests(seconds: number, limit: number): ProblemError {
  return new ProblemError(PROBLEMS.tooManyRequests, {
    detail: `This address may make ${limit} requests a minute. Try again in ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  });
}

const RIGHTS: Readonly<Record<Level, string>> = {
  read: 'to read',
  write: 'to change apps',
  admin: 'of an administrator',
};

const HAS: Readonly<Record<Level, string>> = {
  read: 'may only read',
  write: 'may read and change apps',
  admin: 'is an administrator',
};

/** The level is too low. */
export function levelLacks({ name, rights }: Caller, needed: Level): ProblemError {
  return new ProblemError(PROBLEMS.forbidden, {
    detail: `This call needs the right ${RIGHTS[needed]}; ${name} ${HAS[rights.level]}.`,
    extensions: { needed_right: needed },
  });
}

/** The level would do, but the rights are for some apps alone, and not for what the call is about. */
export function appsLack({ name, rights }: Caller, needed: Level, what: string): ProblemError {
  return new ProblemError(PROBLEMS.forbidden, {
    detail: `This call needs the right ${RIGHTS[needed]} for ${what}; ${name} has rights for ${(rights.apps ?? []).join(', ')} alone.`,
    extensions: { needed_right: needed },
  });
}
