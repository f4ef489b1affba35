import { PATTERNS } from '@nebula/contracts';
import type { ReceivedReport, ReportDelivery } from '@nebula/messaging';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ReportInbox } from './report-inbox.js';

/** Where messages of workers arrive, whatever transport brings them. */
@Controller()
export class ReportsController {
  constructor(private readonly inbox: ReportInbox) {}

  /**
   * Ends when all of them were dealt with, however that went: the transport acknowledges them then, and they can't come
   * again.
   * @throws what the first that failed has thrown
   */
  @EventPattern(PATTERNS.report)
  async receive(@Payload() delivery: unknown): Promise<void> {
    // Transports are programs of ours: what they hand over is checked by the compiler, what is in it by the inbox.
    const received = delivery as ReportDelivery;
    const all: readonly ReceivedReport[] = Array.isArray(received) ? received : [received as ReceivedReport];
    const outcomes = await Promise.allSettled(all.map((each) => this.inbox.receive(each)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
