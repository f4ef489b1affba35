import { Controller, Get } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import { TakesTime } from '../http/time-limit.js';
import { DIAGNOSTICS_OPERATION } from '../openapi/diagnostics-operation.js';
import type { Diagnosis } from './diagnosis.js';
import { DiagnosticsService } from './diagnostics.service.js';

@Controller('diagnostics')
export class DiagnosticsController {
  constructor(private readonly diagnostics: DiagnosticsService) {}

  /** It names apps and workers, and costs a reading of all of them. */
  @Get()
  @Requires('admin')
  @TakesTime()
  @DIAGNOSTICS_OPERATION
  async diagnose(): Promise<Diagnosis> {
    return await this.diagnostics.diagnose();
  }
}
