import { buckets, Counter, Histogram, Registry } from '@nebula/metrics';
import { Injectable } from '@nestjs/common';
import type { StepKind } from '../reconcile/step.js';

/**
 * What one look at an app came to. `steps`: something was done. `converged`: nothing is to be done. `waiting`: something
 * keeps the app from its desired state, and only time or a change can help. `interrupted`: the engine didn't answer.
 * `superseded`: nothing is wanted, or something newer by now.
 */
export const RECONCILE_RESULTS = ['steps', 'converged', 'waiting', 'interrupted', 'superseded'] as const;
export type ReconcileResult = (typeof RECONCILE_RESULTS)[number];

/**
 * What a step or a pull came to. `interrupted`: the engine was away, which says nothing about the app. `ended`: a pull that
 * nobody wanted any more.
 */
export type Outcome = 'done' | 'failed' | 'interrupted' | 'ended';

/** Every kind, so that none is missing at the start. */
const STEP_KINDS: Readonly<Record<StepKind, true>> = {
  ...{ pull: true, pin: true, 'create-network': true, create: true, start: true, 'post-start': true },
  ...{ restart: true, unpause: true, 'set-restart-policy': true, 'update-resources': true, connect: true },
  ...{ disconnect: true, 'pre-stop': true, stop: true, rename: true, judge: true, prune: true, remove: true },
};

/**
 * What a worker counts as it happens. Apps and containers are no labels: a fleet has many workers, and each would bring a
 * series of each.
 */
@Injectable()
export class WorkerMetrics {
  readonly registry = new Registry();
  private readonly reconciles = new Histogram({
    name: 'nebula_worker_reconcile_duration_seconds',
    help: 'Time of one round of work on an app: look, plan, do the steps.',
    labelNames: ['result'],
    buckets: buckets.work,
    registers: [this.registry],
  });
  private readonly steps = new Counter({
    name: 'nebula_worker_steps_total',
    help: 'Steps on the engine by what they do and what they came to.',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });
  private readonly repairs = new Counter({
    name: 'nebula_worker_drift_repairs_total',
    help: 'Repairs of what had been right: something other than a change of the app has made it wrong.',
    registers: [this.registry],
  });
  private readonly pulls = new Histogram({
    name: 'nebula_worker_pull_duration_seconds',
    help: 'Time of pulls of images. What several apps want at once is pulled once.',
    labelNames: ['outcome'],
    buckets: buckets.change,
    registers: [this.registry],
  });
  private readonly lags = new Histogram({
    name: 'nebula_worker_feed_lag_seconds',
    help: 'Time from a change until this worker has heard of it, by the clocks of both; of apps that it knew before.',
    buckets: buckets.change,
    registers: [this.registry],
  });

  constructor() {
    for (const result of RECONCILE_RESULTS) this.reconciles.zero({ result });
    for (const outcome of ['done', 'failed'] satisfies Outcome[]) {
      this.pulls.zero({ outcome });
      for (const kind of Object.keys(STEP_KINDS)) this.steps.inc({ kind, outcome }, 0);
    }
  }

  reconciled(result: ReconcileResult, milliseconds: number): void {
    this.reconciles.observe({ result }, milliseconds / 1_000);
  }

  stepped(kind: StepKind, outcome: Outcome): void {
    this.steps.inc({ kind, outcome });
  }

  /** @param count lanes that were done on an app that had converged on its desired state before */
  repaired(count: number): void {
    this.repairs.inc(count);
  }

  pulled(outcome: Outcome, milliseconds: number): void {
    this.pulls.observe({ outcome }, milliseconds / 1_000);
  }

  /** @param milliseconds since the change; clocks that differ can make it negative */
  heard(milliseconds: number): void {
    this.lags.observe(Math.max(0, milliseconds) / 1_000);
  }
}
