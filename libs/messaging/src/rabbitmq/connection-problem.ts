import { codeOf, messageOf } from './error-facts.js';

/** What Node says, in words for people. */
const SYSTEM_ERRORS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it ended the connection',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENOTFOUND: 'the name is unknown',
  EAI_AGAIN: "the name can't be resolved now",
  ETIMEDOUT: 'there is no answer',
  EPIPE: 'it ended the connection',
  ERR_SSL_WRONG_VERSION_NUMBER: "it doesn't speak TLS there",
};

const WRONG_LOGIN = /ACCESS_REFUSED|ACCESS-REFUSED/;

/** All that the client tells when there is no such virtual host, or the user may not use it. */
const WRONG_VHOST = /ConnectionOpenOk/;

/** Whether RabbitMQ is there, but doesn't let this user in. */
export function isRefusal(error: unknown): boolean {
  const text = messageOf(error);
  return WRONG_LOGIN.test(text) || WRONG_VHOST.test(text);
}

/**
 * Why a connection could not be made, in a few words and without secrets.
 *
 * @param address `host:port`
 */
export function connectProblem(
  error: unknown,
  address: string,
  { user, vhost }: { user: string; vhost: string },
): string {
  const text = messageOf(error);
  if (WRONG_LOGIN.test(text))
    return `RabbitMQ at ${address} refuses the login of the user ${user}; check name and password, or run "setup-broker" if it is a new one`;
  if (WRONG_VHOST.test(text))
    return `RabbitMQ at ${address} has no virtual host ${vhost} that the user ${user} may use; "setup-broker" makes it`;
  return `RabbitMQ at ${address} can't be reached: ${SYSTEM_ERRORS[String(codeOf(error))] ?? text.trim()}`;
}
