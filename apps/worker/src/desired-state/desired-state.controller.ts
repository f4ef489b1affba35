import { PATTERNS } from '@nebula/contracts';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DesiredStateInbox } from './desired-state-inbox.js';

/** Where desired states arrive, whatever transport brings them. */
@Controller()
export class DesiredStateController {
  constructor(private readonly inbox: DesiredStateInbox) {}

  @EventPattern(PATTERNS.desiredState)
  receive(@Payload() payload: unknown): void {
    this.inbox.receive(payload);
  }
}
