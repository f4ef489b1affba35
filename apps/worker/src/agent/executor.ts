import { redactOutput } from '@nebula/logging';
import { Inject, Injectable } from '@nestjs/common';
import pLimit from 'p-limit';
import { Clock } from '../clock.js';
import { ContainerRuntime } from '../container-runtime/container-runtime.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { ImagePruner } from '../images/image-pruner.js';
import { ImagePulls } from '../images/image-pulls.js';
import { WorkerMetrics } from '../metrics/worker-metrics.js';
import { failureKey } from '../reconcile/failure-key.js';
import { formatStep } from '../reconcile/format-plan.js';
import { isInHandOver } from '../reconcile/hand-over.js';
import { endedHookKey, hookKey, isLastTry } from '../reconcile/hook-tries.js';
import {
  afterFailure,
  afterSuccess,
  withPin,
  withPrune,
  withRestart,
  withVerdict,
} from '../reconcile/memory-updates.js';
import type { AppMemory } from '../reconcile/memory.js';
import { withWarnings } from '../reconcile/notices.js';
import type { ObservedContainer } from '../reconcile/observed.js';
import { startOf, withStart } from '../reconcile/repairs.js';
import type { Step } from '../reconcile/step.js';
import { messageOf, WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import { type AppSecrets, commandSecrets } from './app-secrets.js';
import { EngineSlots } from './engine-slots.js';
import { FailedStart, performStep } from './perform-step.js';

/** The lanes of one plan, to be worked off. */
export interface Execution {
  app: string;
  revision: number;
  lanes: readonly Step[][];
  /** The app's containers that the plan was made from. */
  containers: readonly ObservedContainer[];
  /**
   * Ends the execution at the next safe point, and a pull at once. That point is between two steps, where no replica is
   * down that the lane is about to start: nothing may come after it soon, or nothing that starts that replica.
   */
  signal: AbortSignal;
  /** What must not be told, by replica; 0 for what is about none. */
  secrets: (replica: number) => AppSecrets;
  /** What is remembered of the app by now. */
  memory: () => AppMemory;
  /** Changes it. */
  remember: (update: (memory: AppMemory) => AppMemory) => void;
}

/** Why lanes ended early for a reason that says nothing about the app: the engine is away, or can't tell. */
export interface Interruption {
  step: Step['kind'];
  error: RuntimeError;
}

/** What became of the lanes of one plan. */
export interface Outcome {
  /** Those of which every step has succeeded. */
  done: Step[][];
  /** The first interruption, null when there was none. */
  interruption: Interruption | null;
}

/** Steps that mostly wait for a program of a container, whose grace periods and hooks may be long. */
const WAITS: ReadonlySet<Step['kind']> = new Set(['pre-stop', 'stop', 'restart', 'post-start']);

/** Null when it ended early, for a failure that is remembered or for a newer desired state. */
type LaneEnd = 'done' | Interruption | null;

/** Works off plans of all apps, so many lanes at once as the engine takes well. */
@Injectable()
export class Executor {
  private readonly parallelism: number;
  private readonly slots: EngineSlots;
  private readonly scope: string;

  constructor(
    @Inject(WORKER_OPTIONS) options: Pick<WorkerOptions, 'parallelism' | 'scope'>,
    private readonly runtime: ContainerRuntime,
    private readonly pulls: ImagePulls,
    private readonly pruner: ImagePruner,
    private readonly clock: Clock,
    private readonly log: WorkerLog,
    private readonly metrics: WorkerMetrics,
  ) {
    this.parallelism = options.parallelism;
    this.slots = new EngineSlots(options.parallelism);
    this.scope = options.scope;
  }

  /** Returns when no step is under way any more. Failures of steps are remembered, not thrown. */
  async run(execution: Execution): Promise<Outcome> {
    // An app waits here for its own lanes first, so that another one never queues behind all of them.
    const ownSlots = pLimit(this.parallelism);
    const ends = await Promise.all(
      execution.lanes.map((lane) =>
        // A pull waits for a registry, not for the engine, and must not keep the slot of another app's lane.
        lane.every((step) => step.kind === 'pull' || step.kind === 'pin')
          ? this.runLane(lane, execution)
          : ownSlots(() => this.slots.hold(() => this.runLane(lane, execution))),
      ),
    );
    return {
      done: execution.lanes.filter((_lane, index) => ends[index] === 'done'),
      interruption: ends.find((end) => end !== null && end !== 'done') ?? null,
    };
  }

  /** A lane has its slot from its first step to its last, so that nobody waits between a stop and a start. */
  private async runLane(lane: Step[], execution: Execution): Promise<LaneEnd> {
    const created = new Map<number, string>();
    const { signal } = execution;
    for (const [done, step] of lane.entries()) {
      if (signal.aborted && !isInHandOver(lane, done)) return null;
      const end = await this.runStep(step, lane, created, execution);
      if (end !== 'done') return end;
    }
    return 'done';
  }

  private async runStep(
    step: Step,
    lane: Step[],
    created: Map<number, string>,
    execution: Execution,
  ): Promise<LaneEnd> {
    const { runtime, pulls, pruner, scope } = this;
    const { app, signal, containers, remember } = execution;
    const { environment: secrets, all } = execution.secrets(replicaOf(step));
    const fields = { app, revision: execution.revision, step: step.kind, ...subject(step) };
    const key = failureKey(step, lane, containers);
    const ended = endedHookKey(step, lane, containers) ?? hookKey(key);
    const isLast = isLastTry(execution.memory(), key, this.clock.now());
    const began = performance.now();
    const duration = () => ({ duration_ms: Math.round(performance.now() - began) });
    try {
      const perform = () =>
        performStep(step, { app, runtime, pulls, pruner, scope, signal, created, secrets, isLast });
      const { found, warnings } = await (WAITS.has(step.kind) ? this.slots.lend(perform) : perform());
      const warned = warnings.map((text) => redactOutput(text, all));
      const started = startOf(step, lane, containers);
      remember((memory) => {
        const solved = afterSuccess(afterSuccess(memory, key), ended);
        const known = withWarnings(solved, step, warned, containerOf(step, created));
        const taught = learned(known, step, found, this.clock.now());
        return started ? withStart(taught, started, this.clock.now(), this.clock.random()) : taught;
      });
      this.metrics.stepped(step.kind, 'done');
      this.log.info(formatStep(step), { ...fields, ...duration() });
      return 'done';
    } catch (error) {
      const isAway = error instanceof RuntimeError && error.kind === 'unavailable';
      const isEnded = step.kind === 'pull' && signal.aborted;
      // The container is on its way out, whatever its hook says. One that could not be stopped has not failed to start.
      const isSettled = isLast && (step.kind === 'pre-stop' || error instanceof FailedStart);
      const isInterrupted = isAway && !isSettled;
      this.metrics.stepped(step.kind, isEnded ? 'ended' : isInterrupted ? 'interrupted' : 'failed');
      if (isEnded) return null;
      const message = redactOutput(messageOf(error), [...all, ...hookSecrets(step)]);
      this.log.warn(`failed: ${formatStep(step)}`, { ...fields, ...duration(), error: message });
      const terminal = error instanceof RuntimeError && error.terminal;
      const fail = (under: string): void => {
        const log = error instanceof FailedStart ? { log: error.log } : {};
        const failed = { key: under, step: step.kind, message, terminal, ...log };
        remember((memory) => afterFailure(memory, failed, this.clock.now(), this.clock.random()));
      };
      if (isInterrupted) {
        if ('hook' in step) fail(hookKey(key));
        return { step: step.kind, error: new RuntimeError('unavailable', message, { cause: error }) };
      }
      if (!isAway || step.kind !== 'pre-stop') remember((memory) => afterSuccess(memory, hookKey(key)));
      if (step.kind === 'pre-stop') return 'done';
      fail(key);
      return null;
    }
  }
}

/** What a step that succeeded teaches. */
function learned(memory: AppMemory, step: Step, found: string | null, now: number): AppMemory {
  if (step.kind === 'pin') return withPin(memory, step);
  if (step.kind === 'pull' && found !== null) return withPin(memory, { ...step, image_id: found });
  if (step.kind === 'prune') return withPrune(memory, step.token);
  if (step.kind === 'restart' && step.target.by === 'id') return withRestart(memory, step.target.id);
  if (step.kind === 'judge') return withVerdict(memory, step, found ?? '', now);
  return memory;
}

/** A hook may be that of a container whose spec nobody has any more. */
function hookSecrets(step: Step): string[] {
  return 'hook' in step ? commandSecrets(step.hook.command) : [];
}

function replicaOf(step: Step): number {
  if (step.kind === 'create') return step.draft.replica;
  return 'replica' in step ? step.replica : 0;
}

/** Id of the container that a step was about, null when there is none. */
function containerOf(step: Step, created: ReadonlyMap<number, string>): string | null {
  if ('target' in step && step.target.by === 'id') return step.target.id;
  return created.get(replicaOf(step)) ?? null;
}

/** Which replica and container a step is about. */
function subject(step: Step): Record<string, unknown> {
  if (step.kind === 'create') return { replica: step.draft.replica, container: step.draft.name };
  if (!('replica' in step)) return {};
  return {
    replica: step.replica,
    ...(step.target.by === 'id' ? { container: step.target.id.slice(0, 12) } : {}),
  };
}
