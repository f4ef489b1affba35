/**
 * Nothing has come in time of a stream that is said to hold messages. The transport may be slow, or the stream hollow: a
 * limit of the broker that is shorter than a segment removes the newest message too, and RabbitMQ goes on to count one
 * (seen with 3.10). What is appended to it comes.
 */
export class SilentStreamError extends Error {
  override readonly name = 'SilentStreamError';
}
