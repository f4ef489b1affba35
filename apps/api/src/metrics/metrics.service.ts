import { addProcessMetrics, expose } from '@nebula/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { ApiMetrics } from './api-metrics.js';

/** All figures of this program, as Prometheus reads them. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly metrics: ApiMetrics,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'version' | 'more_metrics'>,
  ) {
    addProcessMetrics(metrics.registry, { name: 'api', version: options.version });
  }

  async text(): Promise<string> {
    return await expose(this.metrics.registry, ...(this.options.more_metrics ?? []));
  }
}
