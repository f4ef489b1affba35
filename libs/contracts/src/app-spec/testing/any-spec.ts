import fc from 'fast-check';
import type { CompactSpec } from '../app-spec.js';
import type { DeviceRequest } from '../gpus.js';
import { parseAppSpec } from '../parse-app-spec.js';
import { anyLimits } from './any-limits.js';
import { anyMounts, anyNetworks, anyPath, anyPorts, anyResolution } from './any-surroundings.js';
import type { Surroundings } from './surroundings.js';

/** Characters in which programs, shells and formats see something else than text; no NUL. */
const anyText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'a b',
    '"',
    "'",
    '$HOME',
    '\\',
    '\n',
    'ä€😀',
    '{{.Replica}}',
    '-',
    '--x=y',
    '%s',
    '\u0001',
  ),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
);

const word = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,8}$/);

const program = fc
  .tuple(fc.constantFrom('/serve', 'sh'), fc.array(anyText, { maxLength: 3 }))
  .map(([first, rest]) => [first, ...rest]);
const seconds = fc.oneof(fc.constantFrom(0.001, 0.5, 1), fc.integer({ min: 1, max: 86_400 }));
const CAPABILITIES = [
  'NET_ADMIN',
  'cap_sys_time',
  'CHOWN',
  'Net_Raw',
  'CAP_MKNOD',
  'ALL',
  'SYSLOG',
  'SETFCAP',
];
const SECURITY = [
  ...[
    'no-new-privileges',
    'no-new-privileges:true',
    'no-new-privileges=false',
    'label=disable',
    'label:user:u',
  ],
  ...[
    'apparmor=unconfined',
    'seccomp=unconfined',
    'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}',
    'label=level:s0:c1,c2',
  ],
];
const SIGNALS = ['SIGQUIT', 'term', 'USR1', '9', '64', 'RTMIN+3', 'SIGRTMAX-14', 'STKFLT'];

const healthCheck = fc.oneof(
  fc.constant('none' as const),
  fc.record(
    {
      command: fc.oneof(
        program,
        anyText.filter((text) => text.trim() !== ''),
      ),
      interval_seconds: seconds,
      timeout_seconds: seconds,
      retries: fc.integer({ min: 1, max: 1_000 }),
      start_period_seconds: fc.oneof(fc.constant(0), seconds),
    },
    { requiredKeys: ['command'] },
  ),
);

const logDriver = fc.oneof(
  fc.constantFrom<{ name: string; options?: Record<string, string> }>(
    ...[
      { name: 'none' },
      { name: 'none', options: {} },
      { name: 'json-file' },
      { name: 'local' },
      { name: 'syslog' },
    ],
  ),
  fc.constantFrom(
    { name: 'json-file', options: { 'max-size': '10m', 'max-file': '3', compress: 'true' } },
    {
      name: 'json-file',
      options: { mode: 'non-blocking', 'max-buffer-size': '1MiB', tag: '{{.Name}}', labels: 'a,b' },
    },
    { name: 'json-file', options: { 'cache-disabled': 'true', 'cache-max-size': '1.5 kb', env: 'A,B' } },
    { name: 'local', options: { 'max-file': '1', compress: 'false', mode: 'blocking' } },
    { name: 'gelf', options: { 'gelf-address': 'udp://127.0.0.1:12201' } },
  ),
);

const gpus = fc.oneof(
  fc.constant('all' as const),
  fc.integer({ min: 1, max: 1_024 }),
  fc.constantFrom<DeviceRequest[]>(
    [{ count: -1, driver: 'nvidia' }],
    [{ device_ids: ['0', 'GPU-1'], capabilities: ['gpu', 'utility'], options: { a: '' } }, { count: 3 }],
  ),
);

const hook = fc.record(
  { command: program, timeout_seconds: fc.integer({ min: 1, max: 3_600 }) },
  { requiredKeys: ['command'] },
);

/** Arbitrary values of every field, each by the field's own rule. */
export function anyFields(server: Surroundings) {
  const modes = server.containers.map((name) => `container:${name}`);
  return {
    ...{ containers_per: fc.constantFrom({ server: 2 }, { cpu: 0.5 }, { mem: 100 }), running: fc.boolean() },
    ...{ command: program, entrypoint: fc.oneof(fc.constantFrom<string[]>([], ['']), program) },
    secret_env_vars: fc.constantFrom<string[]>([]),
    env_vars: fc.dictionary(fc.stringMatching(/^[^=\0\n\r]{1,8}$/), anyText, { maxKeys: 3 }),
    user: fc.constantFrom('0', '1234:5678', 'root', 'nobody:www', '2147483647', 'ü'),
    working_dir: fc.oneof(anyPath, fc.constantFrom('/', '/a b/ü', '/../x')),
    hostname: fc.constantFrom('a', '{{.App}}-{{.Replica}}.{{.Node}}', '_x.y-z', 'H'.repeat(63)),
    labels: fc.dictionary(fc.stringMatching(/^[^\s=\0]{1,8}$/), anyText, { maxKeys: 3 }),
    ...{ privileged: fc.boolean(), read_only: fc.boolean(), init: fc.boolean(), tty: fc.boolean() },
    cap_add: fc.subarray(CAPABILITIES, { maxLength: 3 }),
    cap_drop: fc.subarray(CAPABILITIES, { maxLength: 3 }),
    security_opt: fc.subarray(SECURITY, { maxLength: 2 }),
    pid_mode: fc.constantFrom('host', ...modes),
    ipc_mode: fc.constantFrom('none', 'private', 'shareable', 'host', ...modes),
    ...{ gpus, runtime: fc.constantFrom('runc', 'io.containerd.runc.v2'), log_driver: logDriver },
    restart_policy: fc.constantFrom(
      'always',
      'unless-stopped',
      'no',
      'on-failure',
      'on-failure:0',
      'on-failure:999999999',
    ),
    stop_signal: fc.constantFrom(...SIGNALS),
    stop_grace_period_seconds: fc.integer({ min: 0, max: 86_400 }),
    ...{
      health_check: healthCheck,
      pull_policy: fc.constantFrom('missing' as const, 'always' as const, 'never' as const),
    },
    platform: fc.constant(server.platform),
    depends_on: fc.uniqueArray(word, { maxLength: 2 }),
    hooks: fc.record({ post_start: hook, pre_stop: hook }, { requiredKeys: [] }),
    ...anyLimits(server),
    ...anyNetworks(server),
    ...anyMounts(server),
    ...anyPorts(),
    ...anyResolution(),
  };
}

/**
 * Specs that the rules allow: each field at its default or not, so that all stand beside all others. Where fields contradict
 * each other, the later is left out.
 */
export function anySpec(server: Surroundings): fc.Arbitrary<CompactSpec> {
  const required = { app_name: word, docker_image: fc.constant(server.image) };
  return fc
    .record({ ...required, ...anyFields(server) }, { requiredKeys: ['app_name', 'docker_image'] })
    .map(withoutContradictions);
}

/** Takes the fields one after the other, each only as long as the rules allow it. */
function withoutContradictions(drawn: CompactSpec): CompactSpec {
  const { app_name, docker_image, ...fields } = drawn;
  let spec: CompactSpec = { app_name, docker_image };
  for (const [field, value] of Object.entries(fields)) {
    const more = { ...spec, [field]: value };
    if (parseAppSpec(more).ok) spec = more;
  }
  return spec;
}
