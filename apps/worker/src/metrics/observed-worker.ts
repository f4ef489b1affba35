import { APP_STATES, CONTAINER_STATES } from '@nebula/contracts';
import { Counter, Gauge } from '@nebula/metrics';
import { Injectable } from '@nestjs/common';
import { DesiredStateInbox } from '../desired-state/desired-state-inbox.js';
import { Reporter } from '../reporting/reporter.js';
import { WorkerMetrics } from './worker-metrics.js';

/** What is known of a worker when somebody scrapes it. */
@Injectable()
export class ObservedWorker {
  constructor({ registry }: WorkerMetrics, reporter: Reporter, inbox: DesiredStateInbox) {
    const registers = [registry];
    new Gauge({
      name: 'nebula_worker_apps',
      help: 'Apps of this worker by how far they are.',
      ...{ labelNames: ['state'], registers },
      collect() {
        const states = [...reporter.briefs().values()].map(({ state }) => state);
        for (const state of APP_STATES) this.set({ state }, states.filter((each) => each === state).length);
      },
    });
    new Gauge({
      name: 'nebula_worker_containers',
      help: 'Containers of the apps of this worker by their state, as they were at the last look.',
      ...{ labelNames: ['state'], registers },
      collect() {
        const states = reporter.containers().map(({ state }) => state);
        for (const state of CONTAINER_STATES)
          this.set({ state }, states.filter((each) => each === state).length);
      },
    });
    new Counter({
      name: 'nebula_worker_messages_total',
      help: 'Desired states that the feed has brought, by what became of them. invalid, conflicting: they are refused.',
      ...{ labelNames: ['verdict'], registers },
      collect() {
        this.reset();
        for (const [verdict, count] of Object.entries(inbox.counts)) this.inc({ verdict }, count);
      },
    });
  }
}
