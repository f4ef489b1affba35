import { listOf } from '../parsing/collections.js';
import { ruleOf } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';
import { appName } from './app-name.js';

export const dependsOn = ruleOf(
  'dependsOn',
  listOf(appName, { allowed: 'a list of names of apps', once: (name) => name, examples: [['db']] }),
  { against: itself },
);

function* itself(value: unknown, { app_name }: Owner): Generator<Flaw> {
  const names: unknown[] = Array.isArray(value) ? value : [];
  for (const [index, name] of names.entries()) {
    if (name === app_name) yield { at: [index], message: 'must be another app, not this one' };
  }
}
