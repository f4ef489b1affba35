import { buckets, Counter, Histogram, type Registry } from '@nebula/metrics';

/**
 * What came of a comparison of an app's stream with the database. `right`: they are the same. `published`: a change was
 * still to be sent. `lost`: the stream lacked what it was known to have had. `ahead`: the stream has what the database
 * doesn't know, which was put back to an older state. `failed`: they could not be compared.
 */
export const VERIFICATION_OUTCOMES = ['right', 'published', 'lost', 'ahead', 'failed'] as const;
export type VerificationOutcome = (typeof VERIFICATION_OUTCOMES)[number];

/** The outbox, by region. */
export class PublishingMetrics {
  private readonly durations: Histogram<'region'>;
  private readonly failures: Counter<'region'>;
  private readonly delays: Histogram<'region'>;
  private readonly verifications: Counter<'region' | 'outcome'>;

  constructor(registry: Registry) {
    const labelNames = ['region'] as const;
    const registers = [registry];
    this.durations = new Histogram({
      name: 'nebula_feed_publish_duration_seconds',
      help: 'Time until the broker of a region has confirmed a message.',
      ...{ labelNames, buckets: buckets.call, registers },
    });
    this.failures = new Counter({
      name: 'nebula_feed_publish_failures_total',
      help: 'Messages that the broker of a region has not confirmed. They are sent again.',
      ...{ labelNames, registers },
    });
    this.delays = new Histogram({
      name: 'nebula_publish_delay_seconds',
      help: 'Time from a change in the database until it was read back from the stream of a region.',
      ...{ labelNames, buckets: buckets.change, registers },
    });
    this.verifications = new Counter({
      name: 'nebula_verifications_total',
      help: "Comparisons of an app's stream with the database. ahead: the database was put back to an older state.",
      labelNames: ['region', 'outcome'],
      registers,
    });
  }

  /** A region that may have nothing to tell for long: its counters begin at 0, so that a first increase is seen. */
  begin(region: string): void {
    this.failures.inc({ region }, 0);
    this.durations.zero({ region });
    this.delays.zero({ region });
    for (const outcome of VERIFICATION_OUTCOMES) this.verifications.inc({ region, outcome }, 0);
  }

  confirmed(region: string, seconds: number): void {
    this.durations.observe({ region }, seconds);
  }

  notConfirmed(region: string): void {
    this.failures.inc({ region });
  }

  arrived(region: string, seconds: number): void {
    this.delays.observe({ region }, seconds);
  }

  compared(region: string, outcome: VerificationOutcome): void {
    this.verifications.inc({ region, outcome });
  }
}
