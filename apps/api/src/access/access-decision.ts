import { appNotFound } from '../apps/app-problems.js';
import { appsLack, levelLacks } from './access-problems.js';
import { type Caller, maySee } from './caller.js';
import type { Requirement } from './requires.js';
import { reaches } from './rights.js';

/**
 * Decides on a call by what its handler requires. An app that the caller may not see is not there, whatever the call
 * would do with it.
 * @param parameters of the path, decoded
 * @throws {ProblemError} 404 for what the caller may not see, 403 naming the right that lacks
 */
export function refuse(
  caller: Caller,
  requirement: Exclude<Requirement, { open: true }>,
  parameters: Readonly<Record<string, string>>,
): void {
  const { level, apps } = requirement;
  if (apps === 'named') {
    const { app = '' } = parameters;
    if (!maySee(caller, app)) throw appNotFound(app);
  }
  if (!reaches(caller.rights.level, level)) throw levelLacks(caller, level);
  if (apps === 'all' && caller.rights.apps !== null) throw appsLack(caller, level, 'all apps');
}

/**
 * Whether the caller may change an app that is named elsewhere than in the path.
 * @throws {ProblemError} 403, which tells nothing of whether there is such an app
 */
export function requireChange(caller: Caller, appName: string): void {
  if (!reaches(caller.rights.level, 'write')) throw levelLacks(caller, 'write');
  if (!maySee(caller, appName)) throw appsLack(caller, 'write', JSON.stringify(appName));
}

/**
 * As `requireChange`, of a spec that was not looked at yet. One without a name is refused for that by whoever looks.
 * @throws {ProblemError} 403
 */
export function requireNamedChange(caller: Caller, spec: unknown): void {
  const name = typeof spec === 'object' && spec !== null && 'app_name' in spec ? spec.app_name : undefined;
  if (typeof name === 'string') requireChange(caller, name);
}
