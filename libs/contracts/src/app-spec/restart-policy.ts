import { ruleOf, text } from '../parsing/kind.js';
import { suggestion } from '../parsing/suggestion.js';

/**
 * Docker's: `always`, `unless-stopped`, `on-failure`, `on-failure:<most tries>` (0: no limit) or `no`. With `no` and `on-failure` a
 * container whose program has ended is done, and is not started again by the worker either.
 */
export type RestartPolicy = string;

const POLICIES = ['always', 'unless-stopped', 'on-failure', 'no'];
const FORM = /^(always|unless-stopped|no|on-failure(:(0|[1-9][0-9]{0,8}))?)$/;

export const restartPolicy = ruleOf('restartPolicy', {
  ...text({ allowed: '"always", "unless-stopped", "on-failure", "on-failure:<most tries>" or "no"', flaw }),
  schema: { type: 'string', pattern: FORM.source, examples: ['always', 'on-failure:5'] },
});

function flaw(value: string): string | null {
  if (FORM.test(value)) return null;
  const [policy = '', tries] = value.split(/:(.*)/s);
  if (policy === 'on-failure') return 'the most tries are a whole number, 0 (no limit) to 999999999';
  if (tries !== undefined && POLICIES.includes(policy)) return `"${policy}" has no number of tries`;
  return `there is no such policy${suggestion(policy, POLICIES)}`;
}
