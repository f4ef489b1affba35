import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { Leaving } from './leaving.js';
import { ReadinessService } from './readiness.service.js';

/** Whether the program lives and can serve, for whoever runs it. */
@Module({
  controllers: [HealthController],
  providers: [ReadinessService, Leaving],
  exports: [ReadinessService],
})
export class HealthModule {}
