import { PATTERNS } from '@nebula/contracts';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { ReportInbox } from './report-inbox.js';

/** Where reports of workers arrive, whatever transport brings them. */
@Controller()
export class ReportsController {
  constructor(private readonly inbox: ReportInbox) {}

  @EventPattern(PATTERNS.report)
  async receive(@Payload() payload: unknown): Promise<void> {
    await this.inbox.receive(payload);
  }
}
