import { Controller, Get, Inject } from '@nestjs/common';
import { Open } from '../access/requires.js';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { ProblemError, RETRY_LATER } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { HEALTH_OPERATIONS } from '../openapi/health-operations.js';
import { Leaving } from './leaving.js';
import { type Readiness, ReadinessService } from './readiness.service.js';

@Controller()
export class HealthController {
  constructor(
    private readonly readiness: ReadinessService,
    private readonly leaving: Leaving,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'version'>,
  ) {}

  @Get('healthz')
  @Open()
  @HEALTH_OPERATIONS.alive
  alive(): { status: 'ok'; version: string } {
    this.requireStay();
    return { status: 'ok', version: this.options.version };
  }

  @Get('readyz')
  @Open()
  @HEALTH_OPERATIONS.ready
  async ready(): Promise<Readiness> {
    this.requireStay();
    const found = await this.readiness.check();
    if (found.status !== 'unready') return found;
    const { checks } = found;
    const missing = checks.filter(({ problem }) => problem !== null);
    throw new ProblemError(PROBLEMS.notReady, {
      detail: `${missing.map(({ name, problem }) => `${name}: ${problem}`).join('; ')}.`,
      headers: RETRY_LATER,
      extensions: { checks },
    });
  }

  private requireStay(): void {
    if (!this.leaving.hasBegun) return;
    const detail = 'The api is about to end, and serves until then; ask another one.';
    throw new ProblemError(PROBLEMS.shuttingDown, { detail, headers: RETRY_LATER });
  }
}
