import { type Hook, HOOK_TIMEOUT } from '@nebula/contracts';
import { redactOutput } from '@nebula/logging';
import type { ContainerRuntime } from '../container-runtime/container-runtime.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import type { ImagePruner } from '../images/image-pruner.js';
import type { ImagePulls } from '../images/image-pulls.js';
import type { ContainerRef, Step } from '../reconcile/step.js';

/** What a lane's steps share. */
export interface LaneContext {
  app: string;
  runtime: ContainerRuntime;
  pulls: ImagePulls;
  pruner: ImagePruner;
  scope: string;
  /** Ends a pull that is under way. Nothing else can be ended half-way. */
  signal: AbortSignal;
  /** Ids of the containers that this lane has created, by replica. */
  created: Map<number, string>;
  /** Values of the replica's environment, which its log may have. */
  secrets: readonly string[];
  /** A hook of which nobody learns what became of it is not tried again. */
  isLast: boolean;
}

/** What is read of a container's last words. */
const LOG_TAIL = { lines: 20, characters: 64 * 1024 };

/** What is told of them, characters. */
const TOLD = 2_000;

/** What a step has brought. */
export interface Performed {
  /** The image's local id after a pull, the last lines of the log after a `judge`, else null. */
  found: string | null;
  /** What the engine has done without, in its words. */
  warnings: string[];
}

/** A hook after a start has failed. The container is stopped. */
export class FailedStart extends RuntimeError {
  constructor(
    cause: RuntimeError,
    /** The last lines that the container wrote before that, without secrets. */
    readonly log: string,
  ) {
    super(cause.kind, cause.message, { cause });
  }
}

/**
 * Does one step.
 *
 * @throws {RuntimeError}
 */
export async function performStep(step: Step, lane: LaneContext): Promise<Performed> {
  const { runtime, created } = lane;
  if (step.kind === 'create') {
    const { id, warnings } = await runtime.make(step.draft);
    created.set(step.draft.replica, id);
    return { found: null, warnings };
  }
  if (step.kind === 'update-resources') {
    const warnings = await runtime.updateLimits(idOf(step.target, created), step.limits);
    return { found: null, warnings };
  }
  return { found: await act(step, lane), warnings: [] };
}

/** @returns what it has found, see `Performed`. */
async function act(
  step: Exclude<Step, { kind: 'create' | 'update-resources' }>,
  lane: LaneContext,
): Promise<string | null> {
  const { app, runtime, pulls, scope, signal, created } = lane;
  switch (step.kind) {
    case 'pull':
      // Without a release or `always` nobody has asked for a build that is newer than any other.
      return await pulls.pull({
        ...{ app, image: step.image, platform: step.platform ?? null, signal },
        anyBuild: step.release === 0 && step.made_for === undefined,
      });
    case 'pin':
      return null;
    case 'prune':
      await lane.pruner.prune();
      return null;
    case 'create-network':
      await runtime.createNetwork(step.network, scope);
      return null;
    case 'start':
      await runtime.start(idOf(step.target, created));
      return null;
    case 'post-start':
      await afterStart(lane, idOf(step.target, created), step);
      return null;
    case 'pre-stop':
      await runHook(runtime, idOf(step.target, created), step.hook);
      return null;
    case 'restart':
      await runtime.restart(idOf(step.target, created), step.grace_seconds);
      return null;
    case 'unpause':
      await runtime.unpause(idOf(step.target, created));
      return null;
    case 'set-restart-policy':
      await runtime.setRestartPolicy(idOf(step.target, created), step.policy);
      return null;
    case 'connect':
      await connect(runtime, idOf(step.target, created), step);
      return null;
    case 'disconnect':
      await runtime.disconnect(idOf(step.target, created), step.network);
      return null;
    case 'stop':
      await runtime.stop(idOf(step.target, created), step.grace_seconds);
      return null;
    case 'rename':
      await runtime.rename(idOf(step.target, created), step.name);
      return null;
    case 'judge':
      return await lastWords(runtime, idOf(step.target, created), lane.secrets);
    case 'remove':
      await runtime.remove(idOf(step.target, created));
      return null;
    default:
      return neverStep(step);
  }
}

/**
 * Empty when the log can't be read, whyever: what became of the container counts without it, and a log that never comes
 * would put off the verdict for ever.
 */
async function lastWords(runtime: ContainerRuntime, id: string, secrets: readonly string[]): Promise<string> {
  // Cut at last: a part of a secret would not be known as one.
  const text = redactOutput(await runtime.logTail(id, LOG_TAIL).catch(() => ''), secrets);
  return text.length > TOLD ? `…${text.slice(-TOLD)}` : text;
}

/** One that was in the network a moment ago serves there, so it must not stay out of it until the next try. */
async function connect(
  runtime: ContainerRuntime,
  id: string,
  { network, aliases, is_back }: Step & { kind: 'connect' },
): Promise<void> {
  try {
    await runtime.connect(id, network, aliases);
  } catch (error) {
    if (!is_back || isAway(error)) throw error;
    try {
      await runtime.connect(id, network, aliases);
    } catch (again) {
      if (isAway(again)) throw again;
      // It is a failure all the same, and the first reason tells most of it.
      await runtime.connect(id, network).catch(() => undefined);
      throw error;
    }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof RuntimeError && error.kind === 'unavailable';
}

/** A container whose hook has failed must not be taken for one that has started. */
async function afterStart(
  { runtime, isLast, secrets }: LaneContext,
  id: string,
  { hook, grace_seconds }: Step & { kind: 'post-start' },
): Promise<void> {
  try {
    await runHook(runtime, id, hook);
  } catch (error) {
    // Nobody knows yet whether the hook has failed.
    if (isAway(error) && !isLast) throw error;
    // What it writes while it stops says nothing of the failure.
    const log = await lastWords(runtime, id, secrets);
    await runtime.stop(id, grace_seconds);
    throw error instanceof RuntimeError ? new FailedStart(error, log) : error;
  }
}

async function runHook(runtime: ContainerRuntime, id: string, hook: Hook): Promise<void> {
  await runtime.run(id, hook.command, hook.timeout_seconds ?? HOOK_TIMEOUT);
}

function idOf(target: ContainerRef, created: Map<number, string>): string {
  if (target.by === 'id') return target.id;
  const id = created.get(target.replica);
  if (id === undefined) throw new Error(`The lane has created no container for replica ${target.replica}.`);
  return id;
}

function neverStep(step: never): never {
  throw new Error(`Unknown step ${JSON.stringify(step)}.`);
}
