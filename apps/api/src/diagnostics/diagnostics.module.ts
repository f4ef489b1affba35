import { Module } from '@nestjs/common';
import { WorkersModule } from '../workers/workers.module.js';
import { AppChecks } from './app-checks.js';
import { DiagnosticsController } from './diagnostics.controller.js';
import { DiagnosticsService } from './diagnostics.service.js';
import { InfrastructureChecks } from './infrastructure-checks.js';
import { WorkerChecks } from './worker-checks.js';

/** What may be wrong around an api, and what to do about it. */
@Module({
  imports: [WorkersModule],
  controllers: [DiagnosticsController],
  providers: [AppChecks, DiagnosticsService, InfrastructureChecks, WorkerChecks],
})
export class DiagnosticsModule {}
