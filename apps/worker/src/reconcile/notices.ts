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
 * @param id of the container; null when it isn't known.
 */
export function withWarnings(
  memory: AppMemory,
  step: Step,
  warnings: readonly string[],
  id: string | null,
): AppMemory {
  if (warnings.length === 0) return memory;
  const said = new Set([...memory.warnings, ...warnings.map((text) => text.slice(0, LONGEST_NOTICE))]);
  // Which of them it has left out, the next look shows.
  const asked = askedFor(step);
  const denied = { ...memory.denied, ...asked };
  const lacking =
    id === null ? memory.lacking : { ...memory.lacking, [id]: { ...memory.lacking[id], ...asked } };
  return { ...memory, denied, lacking, warnings: [...said].slice(0, MOST_NOTICES - 1) };
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

/**
 * The memory after a look at the containers: a limit that one has can be had, unless another was asked to have it and
 * hasn't got it. One that was made before the server lost the ability keeps its limit. The same object when the look taught
 * nothing.
 */
export function withDenied(memory: AppMemory, containers: readonly ObservedContainer[]): AppMemory {
  const lacking: Record<string, Partial<Limits>> = {};
  for (const { id, limits } of containers) {
    const asked = memory.lacking[id];
    const lacked = asked && leaveOut(asked, (name) => isAs(limits[name], asked[name]));
    if (lacked && limitNames(lacked).length > 0) lacking[id] = lacked;
  }
  const lacks = Object.values(lacking);
  const before = memory.denied;
  const denied = leaveOut(
    before,
    (name) =>
      containers.some(({ limits }) => isAs(limits[name], before[name])) &&
      !lacks.some((lacked) => lacked[name] === before[name]),
  );
  const isKnown = sizeOf([before]) === sizeOf([denied]);
  if (isKnown && sizeOf(Object.values(memory.lacking)) === sizeOf(lacks)) return memory;
  return { ...memory, denied, lacking };
}

function leaveOut(limits: Partial<Limits>, isOut: (name: keyof Limits) => boolean): Partial<Limits> {
  const names = limitNames(limits).filter((name) => !isOut(name));
  return Object.fromEntries(names.map((name) => [name, limits[name]]));
}

function sizeOf(all: readonly Partial<Limits>[]): number {
  return all.reduce((size, limits) => size + limitNames(limits).length, 0);
}

/**
 * The memory at a look at this machine: what another one was learned to lack says nothing of it, and is tried again, and
 * what has begun there was started anew since. The same object when there is nothing to note.
 */
export function onMachine(memory: AppMemory, machine: string | undefined): AppMemory {
  const { begun, denied, warnings } = memory;
  if (machine === undefined || memory.machine === machine) return memory;
  const isNew = memory.machine === null;
  // An earlier program noted none: it was learned here, as far as anybody knows.
  const size = limitNames(denied).length + warnings.length + Object.keys(begun).length;
  if (isNew) return size > 0 ? { ...memory, machine } : memory;
  return { ...memory, begun: {}, denied: {}, lacking: {}, warnings: [], machine: null };
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
