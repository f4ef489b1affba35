/**
 * Unacknowledged messages of a stream at a time. While the broker is low on memory it reads nothing from a connection
 * that publishes, so it should be more than the changes of such a time.
 */
export const PREFETCH = 100;

/** What is followed of one app, on one channel. */
export interface Subscription {
  /** That of the app when it was made: one that was taken off the list and put back has another. */
  readonly listing: symbol;
  consumerTag: string;
  received: number;
  caughtUp: boolean;
  /** RabbitMQ has ended it, which it can tell before it is recorded. */
  ended: boolean;
}

/** One that has brought nothing yet. */
export function newSubscription(listing: symbol): Subscription {
  return { listing, consumerTag: '', received: 0, caughtUp: false, ended: false };
}
