import { Registry } from '@nebula/metrics';
import { Injectable } from '@nestjs/common';
import { PublishingMetrics } from './publishing-metrics.js';
import { ReportMetrics } from './report-metrics.js';
import { RequestMetrics } from './request-metrics.js';

/** What this api counts as it happens. What is asked of the store only when somebody looks is in `ObservedMetrics`. */
@Injectable()
export class ApiMetrics {
  readonly registry = new Registry();
  readonly requests = new RequestMetrics(this.registry);
  readonly publishing = new PublishingMetrics(this.registry);
  readonly reports = new ReportMetrics(this.registry);
}
