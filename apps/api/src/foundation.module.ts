import { type DynamicModule, Module } from '@nestjs/common';
import { ApiLog } from './api-log.js';
import { API_OPTIONS, type ApiOptions } from './api-options.js';
import { Clock } from './clock.js';
import { ApiMetrics } from './metrics/api-metrics.js';

/** What every part stands on: the options, the log, time and chance, and what is counted. Global; imported once, by the root module. */
@Module({})
export class FoundationModule {
  static forRoot(options: ApiOptions): DynamicModule {
    return {
      module: FoundationModule,
      global: true,
      providers: [{ provide: API_OPTIONS, useValue: options }, ApiLog, ApiMetrics, Clock],
      exports: [API_OPTIONS, ApiLog, ApiMetrics, Clock],
    };
  }
}
