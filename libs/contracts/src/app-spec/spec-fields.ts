import type { AppSpec } from './app-spec.js';

/**
 * What a change of a field does to containers that run. `replaces`: each is made anew. `in place`: they go on and are
 * changed. `no container touched`: those that stay are left as they are. `can't change`: it is the app's identity.
 */
export type ChangeEffect = 'replaces' | 'in place' | 'no container touched' | "can't change";

/** A field in words, for readers of the OpenAPI document and of the documentation. */
export interface SpecField {
  /** Markdown. */
  meaning: string;
  change: ChangeEffect;
  /** Members whose change does something else. */
  members?: Readonly<Record<string, ChangeEffect>>;
  /** A value of it. */
  example: unknown;
}

/** Every field of a spec, in the order of the documentation. */
export const SPEC_FIELDS: Readonly<Record<keyof AppSpec, SpecField>> = {
  app_name: {
    meaning:
      'Unique. 1 to 63 letters, digits, `_`, `.` and `-`, beginning with a letter or digit. Containers are called `<app_name>-<n>`, n from 1.',
    change: "can't change",
    example: 'shop',
  },
  docker_image: {
    meaning: 'Image reference with optional registry, tag and digest. No tag means `latest`.',
    change: 'replaces',
    example: 'registry.example:5000/team/shop:1',
  },
  starting_ports: {
    meaning:
      'Published ports: `80`, `"53/udp"` or `{"81": "80"}` (host: container). The container\'s port may have a protocol (`tcp`, `udp`, `sctp`), the host\'s an address (`{"127.0.0.1:81": "80"}`, `{"[::1]:53": "53/udp"}`). The first replica binds the host port, each further one the next. No two replicas may need the same port of a protocol and address.',
    change: 'replaces',
    example: [{ '81': '80' }],
  },
  containers_per: {
    meaning:
      'Replicas per worker; exactly one of `server` (or `instance`): that many, 1 to 10000; `cpu`: cores × x, rounded down, x above 0 and at most 1000; `memory` (or `mem`): memory ÷ x MiB, rounded down, x at least 1.',
    change: 'no container touched',
    example: { cpu: 0.5 },
  },
  env_vars: {
    meaning:
      'Environment of every container, text to text (`"1"`, not `1`). `{{.Node}}`, `{{.Replica}}` and `{{.App}}` in it are filled in; other templates stay as they are.',
    change: 'replaces',
    example: { COLOUR: 'blue' },
  },
  secret_env_vars: {
    meaning:
      'Names in `env_vars` whose values are secrets: they are kept encrypted, and shown as `***`. Sent back, `***` keeps the value. A name that is taken off the list needs a new value in the same change.',
    change: 'no container touched',
    example: ['TOKEN'],
  },
  running: {
    meaning: '`false` stops the app everywhere: its containers are removed.',
    change: 'no container touched',
    example: false,
  },
  networks: {
    meaning:
      'Networks to join, by name or as `{"name": "backend", "aliases": ["db"]}` with names by which others in it find the app. A user bridge network `nebula` is joined as well, and any that is missing is made, unless `host`, `none` or `container:<name>` stands alone, where no ports can be published.',
    change: 'replaces',
    example: ['backend'],
  },
  volumes: {
    meaning: "Docker's form: `/host:/container[:ro]`, or a volume's name in place of the host path.",
    change: 'replaces',
    example: ['/srv/data:/data:ro', 'cache:/cache'],
  },
  devices: {
    meaning: "Docker's form: `/dev/x[:/dev/y[:rwm]]`.",
    change: 'replaces',
    example: ['/dev/ttyUSB0'],
  },
  privileged: { meaning: "Docker's privileged mode.", change: 'replaces', example: true },
  command: {
    meaning:
      "List of arguments in place of the image's `CMD`; `null` keeps it. An empty list is refused, since Docker would take it for `null`; an `entrypoint` takes the `CMD` away.",
    change: 'replaces',
    example: ['serve', '--port', '80'],
  },
  entrypoint: {
    meaning: "List in place of the image's `ENTRYPOINT`; `null` keeps it, an empty list takes it away.",
    change: 'replaces',
    example: ['/bin/tini', '--'],
  },
  user: {
    meaning: "User with an optional group, by name or number; `null` for the image's.",
    change: 'replaces',
    example: '1000:1000',
  },
  working_dir: { meaning: "Absolute path; `null` for the image's.", change: 'replaces', example: '/srv/app' },
  hostname: {
    meaning:
      "At most 63 characters, with `{{.Node}}`, `{{.Replica}}` and `{{.App}}` in it if wanted, once these are filled in; another template is an error. `null` for the engine's own. Not with the network `container:<name>`.",
    change: 'replaces',
    example: '{{.App}}-{{.Replica}}',
  },
  labels: {
    meaning:
      'Labels of every container, text to text. `nebula.…` and `app_name` are set by the worker and refused.',
    change: 'replaces',
    example: { 'com.example.team': 'shop' },
  },
  cap_add: {
    meaning: 'Capabilities of Linux beside the usual ones, with or without `CAP_`; `ALL` for all.',
    change: 'replaces',
    example: ['NET_ADMIN'],
  },
  cap_drop: {
    meaning: 'Capabilities that are taken away; `ALL` for all.',
    change: 'replaces',
    example: ['ALL'],
  },
  security_opt: {
    meaning:
      "`no-new-privileges[:true]`, `apparmor=<profile>`, `seccomp=unconfined` or the profile's JSON text, `label=…`.",
    change: 'replaces',
    example: ['no-new-privileges:true'],
  },
  read_only: {
    meaning: "The container's root file system can't be written to.",
    change: 'replaces',
    example: true,
  },
  tmpfs: {
    meaning: "File systems in memory, in Docker's form: `/run[:size=64m,mode=1777]`.",
    change: 'replaces',
    example: ['/run:size=64m'],
  },
  shm_size: {
    meaning:
      "Size of `/dev/shm`: bytes, or with a unit `b`, `k`, `m`, `g`, `t`, `p`, as Docker takes them (`64m`, `64MiB`); `null` for the engine's, 64m. Only with an IPC namespace of its own.",
    change: 'replaces',
    example: '128m',
  },
  ulimits: {
    meaning: 'Limits by name, a number or soft and hard; -1 for none.',
    change: 'replaces',
    example: { nofile: { soft: 1024, hard: 65536 } },
  },
  sysctls: {
    meaning:
      'Kernel parameters that a container has of its own: `net.*` (not with the network `host`), those of IPC (not with `ipc_mode` `host`) and `kernel.domainname`.',
    change: 'replaces',
    example: { 'net.core.somaxconn': '1024' },
  },
  dns: {
    meaning: "Addresses of name servers; none for the engine's. Not with the network `container:<name>`.",
    change: 'replaces',
    example: ['10.0.0.53'],
  },
  dns_search: {
    meaning: 'Domains in which short names are looked for. Not with the network `container:<name>`.',
    change: 'replaces',
    example: ['example.com'],
  },
  extra_hosts: {
    meaning:
      'Names for `/etc/hosts` as `name:address`; `name:host-gateway` for the server. Not with the network `container:<name>`.',
    change: 'replaces',
    example: ['db:10.0.0.5'],
  },
  pid_mode: {
    meaning: '`host` or `container:<name>`; `null` for processes of its own.',
    change: 'replaces',
    example: 'host',
  },
  ipc_mode: {
    meaning: "`none`, `private`, `shareable`, `host` or `container:<name>`; `null` for the engine's default.",
    change: 'replaces',
    example: 'private',
  },
  init: {
    meaning:
      'A small init process hands signals on and reaps what the program leaves behind. `false` is the default of the engine: none, unless `dockerd` runs with `--init`.',
    change: 'replaces',
    example: true,
  },
  tty: { meaning: 'The program gets a terminal.', change: 'replaces', example: true },
  gpus: {
    meaning:
      '`"all"`, a number, or a list of Docker\'s device requests, each with `count` (-1 for all) or `device_ids`.',
    change: 'replaces',
    example: 'all',
  },
  runtime: {
    meaning: 'Name of an OCI runtime that the engine knows; `null` for its default.',
    change: 'replaces',
    example: 'runc',
  },
  resources: {
    meaning:
      'What a container may use: `cpus`, `cpu_shares`, `cpuset`, `memory`, `memory_reservation` (at most `memory`), `memory_swap` (both together, at least `memory`; -1 for unlimited swap), `pids` (-1 for no limit), `oom_score` (-1000 to 1000). What is absent is not limited. Sizes are bytes or have a unit, 6m or more.',
    change: 'in place',
    members: { oom_score: 'replaces' },
    example: { cpus: 1.5, memory: '512m' },
  },
  log_driver: {
    meaning: "Docker's log driver with its options; `null` for the engine's.",
    change: 'replaces',
    example: { name: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
  },
  restart_policy: {
    meaning:
      '`always`, `unless-stopped`, `on-failure`, `on-failure:<most tries>` (0: no limit) or `no`. With the last three a container whose program has ended for good is not started again.',
    change: 'in place',
    example: 'on-failure:5',
  },
  stop_signal: {
    meaning: "Signal by name or number that asks the program to end; `null` for the image's.",
    change: 'replaces',
    example: 'SIGQUIT',
  },
  stop_grace_period_seconds: {
    meaning: "Seconds between that signal and the kill, 0 to 86400; `null` for the engine's, 10.",
    change: 'replaces',
    example: 30,
  },
  health_check: {
    meaning:
      "`command` (text for the shell, or a list), `interval_seconds`, `timeout_seconds`, `retries`, `start_period_seconds`. What is absent has Docker's default, not the image's: 30, 30, 3 and 0. `\"none\"` for no check, `null` for the image's.",
    change: 'replaces',
    example: { command: ['curl', '-f', 'http://localhost/'], interval_seconds: 10 },
  },
  pull_policy: {
    meaning:
      '`missing`: the image is pulled when it is not there; `always`: once for each version of the app, before its first container; `never`: only what is there is used.',
    change: 'no container touched',
    example: 'always',
  },
  platform: {
    meaning: "`os/arch[/variant]` of the image; `null` for the server's.",
    change: 'replaces',
    example: 'linux/arm64',
  },
  depends_on: {
    meaning: 'Apps of the same worker whose containers shall run before the first of this one is started.',
    change: 'no container touched',
    example: ['db'],
  },
  hooks: {
    meaning:
      "`post_start` and `pre_stop`, each a `command` that is run inside the container without a shell, and `timeout_seconds` (1 to 3600, 30 when absent). A failing `post_start` fails the start; a failing `pre_stop` doesn't hold up the stop.",
    change: 'replaces',
    example: { pre_stop: { command: ['/bin/drain'], timeout_seconds: 20 } },
  },
  update: {
    meaning:
      'How containers that run are replaced: `strategy`, `max_unavailable`, `min_ready_seconds`, `health_timeout_seconds`, `on_failure`, `jitter_seconds`.',
    change: 'no container touched',
    example: { strategy: 'rolling', max_unavailable: '25%' },
  },
};
