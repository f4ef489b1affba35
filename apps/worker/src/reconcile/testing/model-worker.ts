import type { DesiredApp } from '../desired.js';
import { failureKey } from '../failure-key.js';
import { formatPlan, formatStep } from '../format-plan.js';
import { imagesToLookUp } from '../image.js';
import { learn } from '../learn.js';
import {
  afterFailure,
  afterSuccess,
  onNewDesired,
  withPin,
  withRestart,
  withVerdict,
} from '../memory-updates.js';
import type { AppMemory } from '../memory.js';
import type { NodeFacts, ObservedApp, ObservedContainer } from '../observed.js';
import { plan } from '../plan.js';
import { appState } from '../status.js';
import type { Plan, Step } from '../step.js';
import type { ModelEngine } from './model-engine.js';

export const NODE: NodeFacts = {
  ...{ cores: 2, memory_bytes: 1024 ** 3 },
  ...{ hostname: 'box', swap_limit: true, can_update: true, can_check: true, is_podman: false },
  platform: 'linux/amd64',
};

/** Looks at a step before it is done. `before` are copies of the app's containers. */
export type StepWitness = (step: Step, before: ObservedContainer[]) => void;

/** A worker in memory: it observes, plans and executes, and can be killed between any two steps. */
export class ModelWorker {
  now = 1_000_000;
  /** What was planned and done, to explain a failed property. */
  readonly history: string[] = [];
  onPlan: (plan: Plan, observed: ObservedApp) => void = () => undefined;
  onStep: StepWitness = () => undefined;
  onDone: () => void = () => undefined;

  constructor(
    readonly engine: ModelEngine,
    public desired: DesiredApp,
    public memory: AppMemory,
    /** Which lane goes on next: numbers that are read in a circle. */
    private readonly schedule: readonly number[],
  ) {}

  look(): { plan: Plan; observed: ObservedApp } {
    const observed = this.engine.observe(imagesToLookUp(this.desired, this.memory));
    const { desired, memory, now } = this;
    const node = { ...NODE, can_update: this.engine.canUpdate };
    const input = { scope: 'default', desired, observed, node, memory, now };
    this.memory = learn(input);
    const made = plan({ ...input, memory: this.memory });
    this.history.push(`at ${now}:`, ...formatPlan(made, now));
    this.onPlan(made, observed);
    return { plan: made, observed };
  }

  state(): string {
    const { plan: made, observed } = this.look();
    return appState(made, this.desired, observed);
  }

  want(desired: DesiredApp): void {
    this.desired = desired;
    this.memory = onNewDesired(this.memory, desired, NODE);
  }

  /**
   * Executes a plan, at most so many steps. A worker killed in the middle did its last step without
   * remembering it.
   *
   * @returns the steps done.
   */
  execute({ lanes }: Plan, { containers }: ObservedApp, atMost = Number.POSITIVE_INFINITY): number {
    const open = lanes.map((lane) => ({ lane, next: 0, created: new Map<number, string>() }));
    let done = 0;
    while (open.length > 0 && done < atMost) {
      const at = (this.schedule[done % this.schedule.length] ?? 0) % open.length;
      const running = open[at];
      const step = running?.lane[running.next];
      if (!running || !step) {
        open.splice(at, 1);
        continue;
      }
      done += 1;
      const ok = this.perform(step, running, containers, done >= atMost);
      running.next += 1;
      if (!ok) open.splice(at, 1);
    }
    return done;
  }

  /**
   * Plans and executes until there is nothing to do but wait, and then waits, until nothing is waited for.
   *
   * @param rounds the most plans that this may take.
   * @returns false when it took more.
   */
  converge(rounds = 60): boolean {
    for (let round = 0; round < rounds; round += 1) {
      const { plan: made, observed } = this.look();
      if (made.lanes.length > 0) {
        this.execute(made, observed);
      } else {
        const times = made.problems.map((problem) => problem.retry_at).filter((time) => time !== null);
        const soon = observed.containers.some(({ state }) => state === 'restarting');
        if (times.length === 0 && !soon) return true;
        this.now = Math.max(this.now, soon ? 0 : Math.min(...times));
      }
      this.engine.settle();
      this.now += 1;
    }
    return false;
  }

  private perform(
    step: Step,
    { lane, created }: { lane: Step[]; created: Map<number, string> },
    containers: ObservedContainer[],
    killed: boolean,
  ): boolean {
    this.onStep(step, this.engine.observe([]).containers);
    const outcome = this.engine.apply(step, created, this.now);
    this.history.push(
      `  ${formatStep(step)}: ${outcome.ok ? 'done' : outcome.message}${killed ? ', killed' : ''}`,
    );
    this.onDone();
    if (killed) return outcome.ok;

    const key = failureKey(step, lane, containers);
    if (!outcome.ok) {
      const { message, terminal } = outcome;
      this.memory = afterFailure(this.memory, { key, step: step.kind, message, terminal }, this.now, 0.5);
      return false;
    }
    this.memory = afterSuccess(this.memory, key);
    if (step.kind === 'restart' && step.target.by === 'id') {
      this.memory = withRestart(this.memory, step.target.id);
    }
    if (step.kind === 'judge') this.memory = withVerdict(this.memory, step, '', this.now);
    if (step.kind === 'pin') this.memory = withPin(this.memory, step);
    if (step.kind === 'pull' && outcome.image_id !== undefined) {
      this.memory = withPin(this.memory, { ...step, image_id: outcome.image_id });
    }
    return true;
  }
}
