import { LONGEST_NOTICE, MOST_NOTICES } from '@nebula/contracts';
import { type Limits, limitNames, limitsOf } from './limits.js';
import type { AppMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput } from './plan-input.js';
import type { Step } from './step.js';

/**
 * What an engine does without: it makes or changes the container, and warns that it has left something out, like a limit
 * that its kernel doesn't know. The memory after such a step.
 *
 * @param warnings of the engine, in its words.
 */
export function withWarnings(memory: AppMemory, step: Step, warnings: readonly string[]): AppMemory {
  if (warnings.length === 0) return memory;
  const said = new Set([...memory.warnings, ...warnings.map((text) => text.slice(0, LONGEST_NOTICE))]);
  // Which of them it has left out, the next look shows.
  const denied = { ...memory.denied, ...askedFor(step) };
  return { ...memory, denied, warnings: [...said].slice(0, MOST_NOTICES - 1) };
}

function askedFor(step: Step): Partial<Limits> {
  if (step.kind === 'update-resources') return step.limits;
  if (step.kind !== 'create') return {};
  const limits = limitsOf(step.draft.spec);
  return Object.fromEntries(
    limitNames(limits)
      .filter((name) => limits[name] !== null)
      .map((name) => [name, limits[name]]),
  );
}

/** The memory after a look at the containers: a limit that one has can be had. The same object when it taught nothing. */
export function withDenied(memory: AppMemory, containers: readonly ObservedContainer[]): AppMemory {
  const { denied } = memory;
  const names = limitNames(denied);
  const left = names.filter((name) => !containers.some(({ limits }) => isAs(limits[name], denied[name])));
  if (left.length === names.length) return memory;
  return { ...memory, denied: Object.fromEntries(left.map((name) => [name, denied[name]])) };
}

/** -1 asks for no limit, of which there is nothing to be seen. */
function isAs(has: Limits[keyof Limits], asked: Limits[keyof Limits] | undefined): boolean {
  return has === asked || (asked === -1 && has === null);
}

/** What there is to say of an app that is no failure, for people. */
export function noticesOf({ desired: { spec, deleted }, memory }: PlanInput): string[] {
  if (deleted || !spec?.running) return [];
  const { denied, warnings } = memory;
  const wanted = limitsOf(spec);
  const missing = limitNames(denied).filter((name) => denied[name] === wanted[name]);
  const lacks = `resources: this server can not limit ${missing.join(', ')}, so the app runs without that`;
  return [...(missing.length > 0 ? [lacks] : []), ...warnings];
}
