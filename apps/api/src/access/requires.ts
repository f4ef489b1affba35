import { routeSetting, settingOf, settingOfHandler } from '../http/route-setting.js';
import type { Level } from './rights.js';

/**
 * Which apps a call is about.
 * - `named`: the one that `:app` in the path names
 * - `each`: the handler asks for each app by itself, and leaves out what the caller may not see
 * - `all`: the fleet as a whole
 */
export type AppsOfCall = 'named' | 'each' | 'all';

/** Whom a call is for. */
export type Requirement = { open: true } | { open: false; level: Level; apps: AppsOfCall };

/** Name of the requirement among the settings of a route. */
const KEY = 'nebula:access';

/**
 * The right that a call needs. Each handler says it, or `@Open()`; one that says neither is refused to everybody.
 */
export function Requires(level: Exclude<Level, 'admin'>, apps: AppsOfCall): MethodDecorator;
export function Requires(level: 'admin'): MethodDecorator;
export function Requires(level: Level, apps: AppsOfCall = 'all'): MethodDecorator {
  return declared({ open: false, level, apps });
}

/** A call for everybody, without credentials. */
export function Open(): MethodDecorator {
  return declared({ open: true });
}

/** What a handler says of itself is told to the HTTP server, which asks before it reads the body. */
function declared(requirement: Requirement): MethodDecorator {
  return routeSetting(KEY, requirement);
}

/** The requirement in the configuration of a route; null when it says none. */
export function requirementOf(config: object | undefined): Requirement | null {
  return (settingOf(config, KEY) as Requirement | undefined) ?? null;
}

/** What a handler says of itself, for the document; null when it says nothing. */
export function requirementOfHandler(handler: object): Requirement | null {
  return (settingOfHandler(handler, KEY) as Requirement | undefined) ?? null;
}

/** The configuration of a route with a requirement. */
export function withRequirement(config: object | undefined, requirement: Requirement): object {
  return { ...config, [KEY]: requirement };
}
