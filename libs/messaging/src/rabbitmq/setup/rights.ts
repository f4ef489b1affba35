import { WORKER_USER_PREFIX } from '@nebula/contracts';

/** What a user may do in a virtual host: regular expressions over the names of queues and exchanges. */
export interface Rights {
  configure: string;
  write: string;
  read: string;
}

/** A regular expression that no name matches. */
const NOTHING = '^$';

/**
 * The api declares streams, appends to them (through the default exchange, which the broker calls `amq.default`
 * here), reads them back, and takes reports.
 */
export const API_RIGHTS: Rights = {
  configure: '^nebula\\.app\\..+$',
  write: '^(amq\\.default|nebula\\.app\\..+)$',
  read: '^nebula\\.(app\\..+|reports)$',
};

/**
 * A worker reads streams and reports. It may write to the exchange of the reports alone: through the default
 * exchange it could append to a stream, and so change what others run. Writing to the queue of the same name gives
 * it nothing, since binding it to another exchange would need the right to read that one.
 */
export const WORKER_RIGHTS: Rights = {
  configure: NOTHING,
  write: '^nebula\\.reports$',
  read: '^nebula\\.app\\..+$',
};

/** Name of the user of one worker, who can report as that worker alone. */
export function workerUserName(workerId: string): string {
  return WORKER_USER_PREFIX + workerId;
}
