import { Module } from '@nestjs/common';
import { AccessGate } from './access-gate.js';
import { Authenticator } from './authenticator.js';
import { TokenCheck } from './token-check.js';
import { TokensController } from './tokens.controller.js';
import { TokensService } from './tokens.service.js';

/** Who calls, and what they may do. */
@Module({
  controllers: [TokensController],
  providers: [AccessGate, Authenticator, TokenCheck, TokensService],
  exports: [AccessGate, TokenCheck],
})
export class AccessModule {}
