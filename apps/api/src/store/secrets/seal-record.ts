import { type AppSpec, maskedSecrets, SECRET_MASK } from '@nebula/contracts';
import type { Revision } from '../app-store.js';
import type { Keyring } from './keyring.js';
import { NoSecretKeyError, SecretsUnreadableError } from './secret-errors.js';

/** What a record or a revision has of secrets. */
type WithSecrets = Pick<Revision, 'app_name' | 'spec' | 'unreadable_secrets'>;

/**
 * The record as it is stored: the values of its secrets are sealed.
 *
 * @throws {NoSecretKeyError} when it has secrets and there is no key
 * @throws {SecretsUnreadableError} when a value is not known, so that storing the record would lose it
 */
export function sealed<R extends WithSecrets>(record: R, keyring: Keyring): R {
  const { unreadable_secrets: _reasons, ...stored } = record;
  const { app_name, spec } = record;
  if (!hasSecrets(spec)) return stored as R;
  requireSecrets(record);
  if (!keyring.canSeal) throw new NoSecretKeyError();
  const seal = (value: string, variable: string) => keyring.seal(value, { app_name, variable });
  return { ...stored, spec: withSecrets(spec, seal) } as R;
}

/** The inverse of `sealed`. A value that can't be read is the mask, and `unreadable_secrets` says why. */
export function opened<R extends WithSecrets>(stored: R, keyring: Keyring): R {
  const { app_name, spec } = stored;
  if (!hasSecrets(spec)) return stored;
  const reasons: Record<string, string> = {};
  const open = (value: string, variable: string) => {
    const result = keyring.open(value, { app_name, variable });
    if (result.ok) return result.value;
    reasons[variable] = result.reason;
    return SECRET_MASK;
  };
  const record = { ...stored, spec: withSecrets(spec, open) };
  return Object.keys(reasons).length === 0 ? record : { ...record, unreadable_secrets: reasons };
}

/** The stored record with every value sealed by the newest key; null when that is so already, or no value can be read. */
export function resealed<R extends WithSecrets>(stored: R, keyring: Keyring): R | null {
  const { app_name, spec } = stored;
  if (!hasSecrets(spec)) return null;
  let isAnother = false;
  const reseal = (value: string, variable: string) => {
    const place = { app_name, variable };
    const result = keyring.isNewest(value) ? null : keyring.open(value, place);
    if (!result?.ok) return value;
    isAnother = true;
    return keyring.seal(result.value, place);
  };
  const changed = { ...stored, spec: withSecrets(spec, reseal) };
  return isAnother ? changed : null;
}

/** @throws {SecretsUnreadableError} when the value of a secret is not known: it must go no further as it is */
export function requireSecrets({ app_name, spec, unreadable_secrets = {} }: WithSecrets): void {
  const unknown = spec ? maskedSecrets(spec) : [];
  if (unknown.length === 0) return;
  const reasons = unknown.map((name) => [
    name,
    unreadable_secrets[name] ?? 'it is a mask in place of a value',
  ]);
  throw new SecretsUnreadableError(app_name, Object.fromEntries(reasons) as Record<string, string>);
}

function hasSecrets(spec: AppSpec | null): spec is AppSpec {
  return spec !== null && spec.secret_env_vars.length > 0;
}

function withSecrets(spec: AppSpec, change: (value: string, name: string) => string): AppSpec {
  const env_vars = { ...spec.env_vars };
  for (const name of spec.secret_env_vars) {
    const value = env_vars[name];
    if (value !== undefined) env_vars[name] = change(value, name);
  }
  return { ...spec, env_vars };
}
