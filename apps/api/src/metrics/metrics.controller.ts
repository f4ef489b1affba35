import { EXPOSITION_TYPE } from '@nebula/metrics';
import { Controller, Get } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import { Answer } from '../http/answer.js';
import { METRICS_OPERATION } from '../openapi/metrics-operation.js';
import { MetricsService } from './metrics.service.js';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  /** It names apps, so it is for who may see all of them. */
  @Get()
  @Requires('read', 'all')
  @METRICS_OPERATION
  async text(): Promise<Answer<string>> {
    return new Answer(200, await this.metrics.text(), { 'content-type': EXPOSITION_TYPE });
  }
}
