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

/**
 * All that the client tells of an end while the virtual host is opened. RabbitMQ says why: that there is none, that the
 * user may not use it, that it has all the connections that it may have, that it isn't up yet. The client keeps that to
 * itself.
 */
const WRONG_VHOST = /ConnectionOpenOk/;

/** Whether RabbitMQ is there, but doesn't let this user in, which may be for what is missing there. */
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
    return `RabbitMQ at ${address} ended the connection while opening the virtual host ${vhost}: it is missing, not allowed to the user ${user}, at its limit of connections, or not up yet; "setup-broker" makes it and sets the rights`;
  return `RabbitMQ at ${address} can't be reached: ${SYSTEM_ERRORS[String(codeOf(error))] ?? text.trim()}`;
}
