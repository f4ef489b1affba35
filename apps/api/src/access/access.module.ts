import { Module } from '@nestjs/common';
import { AccessGate } from './access-gate.js';
import { Authenticator } from './authenticator.js';

/** Who calls, and what they may do. */
@Module({
  providers: [AccessGate, Authenticator],
  exports: [AccessGate],
})
export class AccessModule {}
