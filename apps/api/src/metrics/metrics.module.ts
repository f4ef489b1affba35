import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { OrphansModule } from '../orphans/orphans.module.js';
import { WorkersModule } from '../workers/workers.module.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { ObservedMetrics } from './observed-metrics.js';

/** What Prometheus scrapes. */
@Module({
  imports: [HealthModule, OrphansModule, WorkersModule],
  controllers: [MetricsController],
  providers: [MetricsService, ObservedMetrics],
})
export class MetricsModule {}
