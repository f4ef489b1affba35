import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import type { ApiOptions } from './api-options.js';
import { ApplyModule } from './apply/apply.module.js';
import { AppsModule } from './apps/apps.module.js';
import { DiagnosticsModule } from './diagnostics/diagnostics.module.js';
import { EventsModule } from './events/events.module.js';
import { FoundationModule } from './foundation.module.js';
import { HealthModule } from './health/health.module.js';
import { HistoryModule } from './history/history.module.js';
import { HttpModule } from './http/http.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OrphansModule } from './orphans/orphans.module.js';
import { PublishingModule } from './publishing/publishing.module.js';
import { StoreModule } from './store/store.module.js';
import { WorkersModule } from './workers/workers.module.js';

/** The whole api. */
@Module({})
export class ApiModule {
  static forRoot(options: ApiOptions): DynamicModule {
    const { feeds, verify_interval_seconds, tombstone_retention_days } = options;
    return {
      module: ApiModule,
      imports: [
        FoundationModule.forRoot(options),
        StoreModule.forRoot(options.store, options.secret_keys),
        PublishingModule.forRoot({ feeds, verify_interval_seconds, tombstone_retention_days }),
        HttpModule,
        AppsModule,
        HistoryModule,
        ApplyModule,
        WorkersModule,
        OrphansModule,
        EventsModule,
        AccessModule,
        HealthModule,
        MetricsModule,
        DiagnosticsModule,
      ],
    };
  }
}
