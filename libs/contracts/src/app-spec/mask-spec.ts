import { type FieldProblem, type ParseResult, pointerTo } from '../parsing/problem.js';
import type { AppSpec } from './app-spec.js';

/**
 * Stands wherever the value of a secret would be shown. Sent back it means the value that the app has, so no secret is
 * ever this text.
 */
export const SECRET_MASK = '***';

type Environment = Partial<Pick<AppSpec, 'env_vars' | 'secret_env_vars'>>;

/** A copy with a mask in place of the value of each of `secret_env_vars`; the same object when there are none. */
export function maskSpec<T extends Environment>(spec: T): T {
  const { env_vars = {}, secret_env_vars = [] } = spec;
  const masked = secret_env_vars.filter((name) => Object.hasOwn(env_vars, name));
  if (masked.length === 0) return spec;
  return {
    ...spec,
    env_vars: { ...env_vars, ...Object.fromEntries(masked.map((name) => [name, SECRET_MASK])) },
  };
}

/** The names of the secrets whose value is the mask, so that nobody knows it here. */
export function maskedSecrets({ env_vars = {}, secret_env_vars = [] }: Environment): string[] {
  return secret_env_vars.filter((name) => env_vars[name] === SECRET_MASK);
}

/**
 * The inverse of `maskSpec`: a spec in which masks that were sent back have the values of the app's present spec. A mask
 * that stands for no value there is a problem. So is one of a variable that is not to be a secret any more: its
 * value must not become readable by that, so it needs a new one in the same change.
 *
 * @param previous with its true values; null when there is no such app.
 */
export function unmaskSpec(spec: AppSpec, previous: AppSpec | null): ParseResult<AppSpec> {
  const before = previous ? secretsIn(previous) : new Map<string, string>();
  const secret = new Set(spec.secret_env_vars);
  const problems: FieldProblem[] = [];
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(spec.env_vars)) {
    if (value !== SECRET_MASK) continue;
    const known = before.get(name);
    if (secret.has(name) && known !== undefined) kept.push([name, known]);
    else if (secret.has(name)) problems.push(problem(name, NOTHING_TO_KEEP));
    else if (known !== undefined) problems.push(problem(name, STILL_SECRET));
  }
  if (problems.length > 0) return { ok: false, problems };
  if (kept.length === 0) return { ok: true, value: spec };
  return { ok: true, value: { ...spec, env_vars: { ...spec.env_vars, ...Object.fromEntries(kept) } } };
}

const NOTHING_TO_KEEP = `must be a value: "${SECRET_MASK}" keeps that of a secret, and the app has no secret of this name yet`;
const STILL_SECRET = `must be a new value, or stay in secret_env_vars: it was a secret, which "${SECRET_MASK}" doesn't make readable`;

function secretsIn({ env_vars, secret_env_vars }: AppSpec): Map<string, string> {
  const values = new Map<string, string>();
  for (const name of secret_env_vars) {
    const value = env_vars[name];
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

function problem(name: string, message: string): FieldProblem {
  return { pointer: pointerTo(['env_vars', name]), message };
}
