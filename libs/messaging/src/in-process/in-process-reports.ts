import { type WorkerMessage, workerMessageKey } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import type { ReceivedReport, ReportPublisher } from '../ports.js';
import type { MessageSource } from './in-process-strategy.js';

/** So many messages are kept while nobody takes them; the oldest is dropped then. */
const MAX_KEPT = 10_000;

type Offer = (key: string, text: string) => void;

/** Reports and heartbeats within one process. While nobody takes them, the newest of each key is kept. */
export class InProcessReports implements ReportPublisher, MessageSource {
  /** The last reports of a worker that ends are delivered before the api does. */
  readonly atClose = 'deliver';
  private readonly logger = new Logger('InProcessReports');
  private readonly kept = new Map<string, string>();
  private offer: Offer | null = null;

  publish(message: WorkerMessage): void {
    try {
      const key = workerMessageKey(message);
      const text = JSON.stringify(message);
      if (this.offer) this.offer(key, text);
      else this.keep(key, text);
    } catch (error) {
      this.logger.error('a report could not be sent', error);
    }
  }

  subscribe(offer: Offer): () => void {
    if (this.offer) throw new Error('somebody takes the reports already');
    this.offer = offer;
    for (const [key, text] of this.kept) offer(key, text);
    this.kept.clear();
    return () => {
      this.offer = null;
    };
  }

  /** Within a process there are no users. */
  delivery(payload: unknown): ReceivedReport {
    return { payload, user_id: null };
  }

  private keep(key: string, text: string): void {
    // Behind the others, as the newest.
    this.kept.delete(key);
    this.kept.set(key, text);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }
}
