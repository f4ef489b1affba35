import { listOf } from '../parsing/collections.js';
import { isObject, ruleOf, text } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';

/** Whoever takes this field for that of the values has secrets in it, so no message shows what is there. */
export const secretEnvVars = ruleOf(
  'secretEnvVars',
  listOf(text({ allowed: 'the name of one of env_vars' }), {
    allowed: 'a list of names of env_vars, like ["TOKEN"]',
    once: (name) => name,
    secret: true,
    examples: [['TOKEN']],
  }),
  { secret: true, against: unknownNames },
);

function* unknownNames(value: unknown, { env_vars }: Owner): Generator<Flaw> {
  const names: unknown[] = Array.isArray(value) ? value : [];
  for (const [index, name] of names.entries()) {
    if (isObject(env_vars) && Object.hasOwn(env_vars, String(name))) continue;
    yield { at: [index], message: 'must be the name of one of env_vars; there is none of this name' };
  }
}
