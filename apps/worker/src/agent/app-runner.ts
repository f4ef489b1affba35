import { type AppState, imageWithTag, joinedNetworks } from '@nebula/contracts';
import type { AcceptedState } from '../desired-state/accepted-state.js';
import type { CopyKeeper } from '../desired-state/copy-keeper.js';
import type { ReconcileResult } from '../metrics/worker-metrics.js';
import { afterConvergence, withLatePull, withoutLatePull } from '../reconcile/memory-updates.js';
import type { ObservedApp } from '../reconcile/observed.js';
import { appState } from '../reconcile/status.js';
import type { Step } from '../reconcile/step.js';
import { AppStatus } from '../reporting/app-status.js';
import { AdoptedState } from './adopted-state.js';
import { type AppLook, isRepair, lookAtApp, nextLook, type Onlooker } from './app-look.js';
import { secretsOf } from './app-secrets.js';
import { BackgroundPull } from './background-pull.js';
import { engineBackoff } from './engine-backoff.js';
import type { Outcome } from './executor.js';
import type { KeptMemory } from './kept-memory.js';
import { LearnedMemory } from './learned-memory.js';
import { lookOn } from './look-on.js';
import { RepeatGuard } from './repeat-guard.js';
import type { RunnerParts } from './runner-parts.js';
import { WakeTimer } from './wake-timer.js';

/**
 * Brings one app to its desired state and keeps it there: observe, plan, execute, observe again, until the plan
 * is empty. It is level-triggered: whatever wakes it, it looks at everything anew.
 *
 * Invariants: one plan at a time. A newer desired state ends the one under way at the next safe point. Nothing that
 * goes wrong ends the runner.
 */
export class AppRunner {
  /** It ran as wanted at least once since the worker began and since it was last stopped. */
  hasConverged = false;
  /** The desired state that it had converged on last: what is done for it after that repairs drift. */
  private reached: AcceptedState | null = null;
  private woken = false;
  private stopped = false;
  private working: Promise<void> | null = null;
  private execution: AbortController | null = null;
  /** Failures in a row that say nothing about the app. */
  private interruptions = 0;
  private readonly alarm = new WakeTimer(() => this.wake());
  private readonly pull = new BackgroundPull(
    (lane, signal) => this.pullImage(lane, signal),
    (lane) => {
      this.memory.change((memory) => withLatePull(memory, lane));
      this.wake();
    },
  );
  private readonly memory: LearnedMemory;
  private readonly desired: AdoptedState;
  private readonly repeats: RepeatGuard;
  private readonly status: AppStatus;
  private readonly onlooker: Onlooker;

  constructor(
    readonly app: string,
    private readonly parts: RunnerParts,
    copy: CopyKeeper,
    /** Called when the app is deleted and nothing of it is left. The runner is then stopped. */
    private readonly onGone: () => Promise<void>,
  ) {
    this.memory = new LearnedMemory(app, parts);
    this.desired = new AdoptedState(app, copy, this.memory, parts.log);
    this.repeats = new RepeatGuard(parts.clock);
    this.status = new AppStatus(app, parts.reporter, parts.clock, parts.log);
    const isOutdated = (): boolean => this.desired.isOutdated || this.stopped;
    this.onlooker = { parts, memory: this.memory, repeats: this.repeats, isOutdated };
  }

  /** Something keeps the app from its desired state, so a name or a port that becomes free may matter. */
  get troubled(): boolean {
    return this.status.troubled;
  }

  /** Its containers are in the network of another container, and lose it when that one is removed. */
  get isGuest(): boolean {
    const spec = this.desired.current?.desired.spec;
    return spec ? joinedNetworks(spec).some((network) => network.startsWith('container:')) : false;
  }

  /** Ids and references of the images that it has, or would go back to. */
  get neededImages(): { ids: string[]; references: string[] } {
    const { pin, good } = this.memory.current;
    const references = this.desired.specs.map(({ docker_image }) => imageWithTag(docker_image));
    // A pin stays when the app goes back to the image of its last good version, and is of no use from then on.
    const ids = [pin && references.includes(pin.image) ? pin : null, good?.pin].flatMap(
      (kept) => kept?.image_id ?? [],
    );
    return { ids, references };
  }

  /** Starts from what is on disk. */
  begin(state: AcceptedState, kept: KeptMemory | null): void {
    this.desired.begin(state);
    if (kept) this.memory.restore(kept, state);
    this.wake();
  }

  /** Takes a newer desired state. */
  want(state: AcceptedState): void {
    this.desired.arrive(state);
    this.execution?.abort();
    this.wake();
  }

  /** Something may have changed: look at it. Any number of calls while it is working are one. */
  wake(): void {
    if (this.stopped) return;
    this.woken = true;
    this.working ??= this.work();
  }

  /** Takes no more work and resolves when no step is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.execution?.abort();
    this.desired.close();
    await Promise.all([this.working, this.pull.stop()]);
    await this.memory.settled();
    this.memory.close();
    // The last round may have set it again.
    this.alarm.clear();
  }

  private async work(): Promise<void> {
    try {
      while (this.woken && !this.stopped) {
        this.woken = false;
        this.alarm.clear();
        await this.round();
      }
    } finally {
      // In the same turn as the last look at `woken`, so that no wake-up is lost in between.
      this.working = null;
    }
  }

  private async round(): Promise<void> {
    const { clock, metrics } = this.parts;
    const began = clock.steady();
    const interruptions = this.interruptions;
    const result = await this.reconcile();
    metrics.reconciled(this.interruptions > interruptions ? 'interrupted' : result, clock.steady() - began);
  }

  private async reconcile(): Promise<ReconcileResult> {
    try {
      await this.desired.adopt();
      const look = await this.look();
      if (!look) return 'superseded';
      const lanes = this.pull.take(look.plan.lanes);
      const { lanes: due, wait } = this.repeats.due(lanes, look.observed.containers);
      if (due.length > 0) {
        await this.execute(look, due);
        return 'steps';
      }
      if (wait > 0) {
        this.wakeAt(look, this.parts.clock.now() + wait);
        return 'waiting';
      }
      return (await this.rest(look)) ? 'converged' : 'waiting';
    } catch (error) {
      this.interrupted('observe', error);
      return 'interrupted';
    }
  }

  /** Null when there is nothing to look for, or what was looked for is no longer wanted. */
  private async look(): Promise<AppLook | null> {
    const state = this.desired.current;
    if (!state) return null;
    const look = await lookAtApp(state, this.onlooker);
    if (look) this.tell(look);
    return look;
  }

  private async execute(look: AppLook, lanes: Step[][]): Promise<void> {
    const execution = new AbortController();
    this.execution = execution;
    const endLooking = lookOn(() => this.tellProgress(look, execution));
    try {
      const { done, interruption } = await this.runLanes(look, lanes, execution.signal);
      if (interruption) {
        this.interrupted(interruption.step, interruption.error);
        return;
      }
      this.interruptions = 0;
      // What has failed has waits of its own, and nobody has undone it.
      const repairs = done.filter(isRepair);
      if (this.reached === look.state) this.parts.metrics.repaired(repairs.length);
      if (!execution.signal.aborted && repairs.length > 0)
        this.repeats.done(repairs, look.observed.containers);
      this.woken = true;
    } finally {
      endLooking();
      this.execution = null;
      this.memory.save(look.state);
    }
  }

  private async pullImage(lane: Step[], signal: AbortSignal): Promise<void> {
    const state = this.desired.current;
    if (!state) return;
    const { interruption } = await this.runLanes({ state, observed: null }, [lane], signal);
    if (signal.aborted) return;
    this.memory.change(withoutLatePull);
    this.memory.save(state);
    if (interruption) this.interrupted(interruption.step, interruption.error);
    else this.wake();
  }

  private async runLanes(
    { state, observed }: { state: AcceptedState; observed: ObservedApp | null },
    lanes: Step[][],
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { app } = this;
    // The version before may be at work, too.
    const specs = [state.desired.spec, this.memory.current.good?.spec].flatMap((spec) => spec ?? []);
    const node = this.parts.engine.latest?.hostname ?? '';
    return await this.parts.executor.run({
      app,
      revision: state.revision,
      lanes,
      containers: observed?.containers ?? [],
      signal,
      secrets: (replica) => secretsOf(specs, { node, app, replica }),
      memory: () => this.memory.current,
      remember: (update) => this.memory.change(update),
    });
  }

  /** Nothing to do but wait. Answers whether that is because all is right. */
  private async rest(look: AppLook): Promise<boolean> {
    const { state, observed, plan } = look;
    this.interruptions = 0;
    const converged = plan.lanes.length === 0 && plan.problems.length === 0;
    if (converged) {
      this.memory.change(afterConvergence);
      this.reached = state;
    }
    this.noteConvergence(appState(plan, state.desired, observed), state.desired.spec?.running ?? false);
    this.wakeAt(look);
    if (converged && state.desired.deleted) {
      this.stopped = true;
      this.desired.close();
      this.memory.close();
      await this.onGone();
    } else {
      this.memory.save(state);
    }
    return converged;
  }

  /** Looks again when that may help, at the latest at one of these times, milliseconds since 1970. */
  private wakeAt(look: AppLook, ...more: number[]): void {
    const time = nextLook(look, ...more);
    // A timer may ring a moment early, and would then find that nothing can be tried yet.
    if (time !== null) this.alarm.set(time - this.parts.clock.now() + 1);
  }

  private noteConvergence(reached: AppState, running: boolean): void {
    const before = this.hasConverged;
    this.hasConverged = running && (before || reached === 'converged');
    if (this.hasConverged && !before) this.parts.relations.wakeDependents(this.app);
  }

  /** The engine is away, or something unexpected went wrong. The engine's return wakes every runner. */
  private interrupted(step: string, error: unknown): void {
    const { clock } = this.parts;
    this.interruptions += 1;
    const delay = engineBackoff(this.interruptions, clock.random());
    this.status.interrupted(this.desired.current, step, error, clock.now() + delay);
    if (!this.stopped) this.alarm.set(delay);
  }

  private tell({ state, plan, observed, condition }: AppLook): void {
    this.status.tell(state, plan, observed, this.memory.current, condition, this.interruptions > 0);
  }

  /** Tells how the containers are while steps are under way. */
  private async tellProgress(look: AppLook, execution: AbortController): Promise<void> {
    const { jumps, runtime, scope } = this.parts;
    jumps.look();
    try {
      const { own } = await runtime.list(scope, this.app);
      if (this.execution === execution) {
        this.tell({ ...look, observed: { ...look.observed, containers: own } });
      }
    } catch {
      // The step under way finds out by itself.
    }
  }
}
