import type { AcceptedState } from '../desired-state/accepted-state.js';
import { learn, nextLesson } from '../reconcile/learn.js';
import { noticesOf } from '../reconcile/notices.js';
import type { ObservedApp } from '../reconcile/observed.js';
import { plan as makePlan } from '../reconcile/plan.js';
import type { Plan, Step } from '../reconcile/step.js';
import { updateStatus } from '../reconcile/update-status.js';
import type { Condition } from '../reporting/app-status.js';
import type { LearnedMemory } from './learned-memory.js';
import { observeApp } from './observe-app.js';
import type { RepeatGuard } from './repeat-guard.js';
import type { RunnerParts } from './runner-parts.js';

/** One look at the app and what follows from it. */
export interface AppLook {
  state: AcceptedState;
  observed: ObservedApp;
  plan: Plan;
  condition: Condition;
  /** When another look may teach something, milliseconds since 1970. */
  lesson: number | null;
}

/** Who looks: with what it knows, and what it has done. */
export interface Onlooker {
  parts: RunnerParts;
  memory: LearnedMemory;
  repeats: RepeatGuard;
  /** What is planned for is no longer wanted. */
  isOutdated: () => boolean;
}

/**
 * Observes, learns and plans. Null when what it was planned for is no longer wanted.
 *
 * @throws {RuntimeError}
 */
export async function lookAtApp(
  state: AcceptedState,
  { parts, memory, repeats, isOutdated }: Onlooker,
): Promise<AppLook | null> {
  const { clock, disk, engine, jumps, policy, relations, runtime, scope, unhealthy_grace } = parts;
  const { desired } = state;
  const node = await engine.facts();
  // What is undone over and over is so too after a wish to prune.
  if (memory.isOfBefore && memory.renew(desired, node)) repeats.reset();
  const observed = await observeApp({ runtime, scope, jumps }, desired, memory.current);
  if (isOutdated()) return null;
  const others = relations.others();
  const about = { scope, policy, others, unhealthy_grace, desired, observed, node, disk_short: disk.isShort };
  const before = { ...about, memory: memory.current, now: clock.now() };
  memory.change(() => learn(before));
  const input = { ...before, memory: memory.current };
  const made = makePlan(input);
  const repairs = made.lanes.filter(isRepair);
  repeats.look(repairs, observed.containers);
  const trouble = repeats.trouble(repairs, observed.containers);
  const plan = trouble ? { ...made, problems: [...made.problems, trouble] } : made;
  const condition = { update: updateStatus(input), notices: noticesOf(input) };
  return { state, observed, plan, condition, lesson: nextLesson(before) };
}

/**
 * When it is worth another look, though nothing happens: the first of all the times at which that may help. Milliseconds
 * since 1970; null when there is none.
 */
export function nextLook({ plan, lesson }: AppLook, ...more: number[]): number | null {
  const times = [lesson, ...plan.problems.map(({ retry_at }) => retry_at), ...more].filter(
    (time) => time !== null,
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** Pulls run beside the loop, and images are pruned once. */
export function isRepair(lane: readonly Step[]): boolean {
  return !lane.some(({ kind }) => kind === 'pull' || kind === 'prune');
}
