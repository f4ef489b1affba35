import type { AppSpec, CompactSpec } from '../app-spec/app-spec.js';
import type { PortSpec } from '../app-spec/ports.js';
import { hasTemplate } from '../app-spec/templates.js';
import { UnknownFieldsError } from './newer-versions.js';

/** The schema that a field came with. A worker that reads an older one would run the app without it. */
const SINCE: Readonly<Record<keyof AppSpec, number>> = {
  app_name: 1,
  docker_image: 1,
  starting_ports: 1,
  containers_per: 1,
  env_vars: 1,
  // Workers of schema 1 show no values of the environment at all, and do what is meant without these names.
  secret_env_vars: 1,
  running: 1,
  networks: 1,
  volumes: 1,
  devices: 1,
  privileged: 1,
  command: 1,
  entrypoint: 2,
  user: 2,
  working_dir: 2,
  hostname: 2,
  labels: 2,
  cap_add: 2,
  cap_drop: 2,
  security_opt: 2,
  read_only: 2,
  tmpfs: 2,
  shm_size: 2,
  ulimits: 2,
  sysctls: 2,
  dns: 2,
  dns_search: 2,
  extra_hosts: 2,
  pid_mode: 2,
  ipc_mode: 2,
  init: 2,
  tty: 2,
  gpus: 2,
  runtime: 2,
  resources: 2,
  log_driver: 2,
  restart_policy: 2,
  stop_signal: 2,
  stop_grace_period_seconds: 2,
  health_check: 2,
  pull_policy: 2,
  platform: 2,
  depends_on: 2,
  hooks: 2,
  update: 2,
};

/**
 * The oldest schema whose reader does what a message means. It follows from what the message says, not from the
 * program that writes it: an app that uses nothing new is still updated by old workers. A fleet is upgraded worker by
 * worker, and those that are too old keep what they run.
 *
 * @throws {UnknownFieldsError} when the spec has fields that only a newer version knows: it can't be told who reads them
 */
export function minReader(spec: CompactSpec | null, tokens: { roll?: number }): number {
  if (!spec) return 1;
  const fields = Object.keys(spec);
  const unknown = fields.filter((field) => !Object.hasOwn(SINCE, field));
  if (unknown.length > 0) throw new UnknownFieldsError(unknown);
  const schemas = fields.map((field) => SINCE[field as keyof AppSpec]);
  // Without `roll` in mind an old worker would make nothing anew. That it does not prune harms no app.
  return Math.max(...schemas, tokens.roll || hasNewForms(spec) ? 2 : 1);
}

/**
 * Ports with a protocol or an address and networks with aliases are values of old fields that schema 1 refuses. Templates in
 * the environment it takes as they stand.
 */
function hasNewForms({ starting_ports = [], networks = [], env_vars = {} }: CompactSpec): boolean {
  return (
    Object.values(env_vars).some(hasTemplate) ||
    !starting_ports.flatMap(portTexts).every((text) => /^[0-9]+$/.test(text)) ||
    networks.some((network) => typeof network !== 'string')
  );
}

function portTexts(entry: PortSpec): string[] {
  return typeof entry === 'object' ? Object.entries(entry).flat().map(String) : [String(entry)];
}
