import { Module } from '@nestjs/common';
import { OrphansModule } from '../orphans/orphans.module.js';
import { WorkersModule } from '../workers/workers.module.js';
import { AppChecks } from './app-checks.js';
import { DiagnosticsController } from './diagnostics.controller.js';
import { DiagnosticsService } from './diagnostics.service.js';
import { FleetChecks } from './fleet-checks.js';
import { FleetReading } from './fleet-reading.js';
import { InfrastructureChecks } from './infrastructure-checks.js';
import { WorkerChecks } from './worker-checks.js';

/** What may be wrong around an api, and what to do about it. */
@Module({
  imports: [OrphansModule, WorkersModule],
  controllers: [DiagnosticsController],
  providers: [AppChecks, DiagnosticsService, FleetChecks, FleetReading, InfrastructureChecks, WorkerChecks],
})
export class DiagnosticsModule {}
