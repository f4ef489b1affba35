import { PATTERNS } from '@nebula/contracts';
import { Controller } from '@nestjs/common';
import type { DesiredStateOrigin } from '@nebula/messaging';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { DesiredStateInbox } from './desired-state-inbox.js';

/** Where desired states arrive, whatever transport brings them. */
@Controller()
export class DesiredStateController {
  constructor(private readonly inbox: DesiredStateInbox) {}

  @EventPattern(PATTERNS.desiredState)
  receive(@Payload() payload: unknown, @Ctx() origin: unknown): void {
    // Transports are programs of ours, so the compiler checks what they hand over.
    this.inbox.receive(payload, (origin as DesiredStateOrigin).app_name);
  }
}
