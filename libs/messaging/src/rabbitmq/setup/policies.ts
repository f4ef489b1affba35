import { REPORTS_QUEUE } from '../reports/reports-route.js';

/** A limit that the broker holds on queues by their name. */
export interface Policy {
  name: string;
  /** What it does, for people. */
  what: string;
  body: {
    pattern: string;
    'apply-to': 'queues';
    definition: Record<string, number | string>;
    priority: number;
  };
}

/**
 * Longest an app's stream gets, bytes. Old segments go as a whole, so it must exceed a segment plus the largest
 * chunk, or the newest message could go with them.
 */
export const STREAM_LENGTH_BYTES = 16_000_000;

/** Most that waiting reports may take on the broker, bytes. The oldest go first. */
export const REPORTS_LENGTH_BYTES = 256_000_000;

/** Every limit, as a policy, since the arguments of a queue can't be changed once it is there. */
export function policies(reportIntervalSeconds: number): Policy[] {
  const lifetime = 2 * reportIntervalSeconds;
  return [
    {
      name: 'nebula-streams',
      what: `a stream has at most ${STREAM_LENGTH_BYTES / 1_000_000} MB`,
      body: {
        pattern: '^nebula\\.app\\.',
        'apply-to': 'queues',
        definition: { 'max-length-bytes': STREAM_LENGTH_BYTES },
        priority: 10,
      },
    },
    {
      name: 'nebula-reports',
      what: `reports that nobody takes are dropped after ${lifetime} s, or the oldest beyond ${REPORTS_LENGTH_BYTES / 1_000_000} MB`,
      body: {
        pattern: `^${REPORTS_QUEUE.replaceAll('.', '\\.')}$`,
        'apply-to': 'queues',
        definition: {
          'max-length-bytes': REPORTS_LENGTH_BYTES,
          overflow: 'drop-head',
          'message-ttl': lifetime * 1_000,
        },
        priority: 10,
      },
    },
  ];
}
