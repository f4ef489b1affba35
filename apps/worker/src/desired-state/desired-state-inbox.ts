import type { DesiredStateMessage, FieldProblem } from '@nebula/contracts';
import { selects } from '@nebula/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { Supervisor } from '../agent/supervisor.js';
import { Clock } from '../clock.js';
import { WorkerMetrics } from '../metrics/worker-metrics.js';
import { WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import { judgeMessage } from './judge-message.js';

/**
 * Takes what the feed brings. A message that can't be acted on changes nothing: what runs goes on running, and
 * the report says why.
 */
@Injectable()
export class DesiredStateInbox {
  /** Messages since the start, by what became of them. */
  readonly counts = { newer: 0, same: 0, older: 0, conflicting: 0, invalid: 0, unlisted: 0 };

  constructor(
    @Inject(WORKER_OPTIONS) private readonly options: Pick<WorkerOptions, 'selection'>,
    private readonly supervisor: Supervisor,
    private readonly metrics: WorkerMetrics,
    private readonly clock: Clock,
    private readonly log: WorkerLog,
  ) {}

  /** @param origin the app whose stream has brought it */
  receive(payload: unknown, origin: string): void {
    const verdict = judgeMessage(payload, origin, (appName) => this.supervisor.newest(appName));
    const app = verdict.kind === 'newer' ? verdict.state.desired.app_name : verdict.app_name;
    if (!selects(this.options.selection, app)) {
      this.counts.unlisted += 1;
      this.log.warn('a desired state of an app that is not listed is ignored', { app });
      return;
    }
    this.counts[verdict.kind] += 1;
    switch (verdict.kind) {
      case 'newer':
        if (this.supervisor.newest(app)) this.noteLag(payload as DesiredStateMessage);
        this.supervisor.want(verdict.state);
        break;
      case 'same':
        this.supervisor.confirm(verdict.app_name);
        break;
      case 'older':
        this.log.debug('an older desired state is ignored', { app });
        break;
      case 'conflicting':
      case 'invalid':
        this.refuse(verdict.app_name, verdict.problems);
        break;
    }
  }

  /** Of an app that is new here, the age of its desired state says nothing of the feed. */
  private noteLag({ issued_at }: DesiredStateMessage): void {
    this.metrics.heard(this.clock.now() - Date.parse(issued_at));
  }

  private refuse(app: string, problems: FieldProblem[]): void {
    this.log.error('a desired state is refused; what runs goes on running', { app, problems });
    this.supervisor.refuse(app, problems);
  }
}
