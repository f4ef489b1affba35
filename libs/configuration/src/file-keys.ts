import { environmentName } from './key-table.js';
import { RABBIT_KEYS } from './rabbit-keys.js';

/** The keys of all programs, which one file may serve: each takes its own and leaves the others alone. */
export const FILE_KEYS: readonly string[] = [
  ...Object.keys(RABBIT_KEYS),
  'rabbit_reconnect_spread_seconds',
  'rabbit_region',
  'rabbit_regions',
  'rabbit_management_url',
  'rabbit_admin_user',
  'rabbit_admin_password',
  'rabbit_worker_user',
  'rabbit_worker_password',
  'mongo_url',
  'sqlite_file',
  'schema_name',
  'secret_keys',
  'api_host',
  'api_names',
  'api_port',
  'auth_enabled',
  'basic_auth_user',
  'basic_auth_password',
  'auth_token',
  'tls_cert',
  'tls_key',
  'trusted_proxies',
  'cors_origins',
  'rate_limit_per_minute',
  'worker_host',
  'worker_port',
  'worker_id',
  'worker_labels',
  'worker_policy',
  'scope',
  'docker_host',
  'docker_socket',
  'state_dir',
  'engine_parallelism',
  'docker_config',
  'registry_host',
  'registry_auth_user',
  'registry_auth_password',
  'pull_parallelism',
  'image_gc_high_percent',
  'image_gc_low_percent',
  'max_restart_wait_in_seconds',
  'unhealthy_grace_seconds',
  'report_interval_seconds',
  'resync_interval_seconds',
  'verify_interval_seconds',
  'tombstone_retention_days',
  'history_limit',
  'log_level',
];

/** The keys of all programs whose values are secret. One environment may serve several programs. */
export const SECRET_KEYS: readonly string[] = [
  'rabbit_password',
  'rabbit_regions',
  'rabbit_admin_password',
  'rabbit_worker_password',
  'mongo_url',
  'secret_keys',
  'registry_auth_password',
  'basic_auth_password',
  'auth_token',
];

/** An environment for a program of somebody else: that of this process, or the given one, without our own secrets. */
export function withoutOwnSecrets(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string | undefined> {
  const secret = new Set(SECRET_KEYS.map(environmentName));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !secret.has(name)));
}
