import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AppSpec,
  compactSpec,
  expandSpec,
  MAX_PROBLEMS,
  MAX_SPEC_BYTES,
  parseAppSpec,
  specDefaults,
} from '../index.js';
import { problemsOf, RIGHT, wrongPlaces } from './testing/problems.js';
import { WHOLE } from './testing/whole-spec.js';

describe('parseAppSpec', () => {
  it('fills in every default', () => {
    const result = parseAppSpec(RIGHT);
    expect(result).toEqual({
      ok: true,
      value: {
        app_name: 'shop',
        docker_image: 'shop:1',
        starting_ports: [],
        containers_per: { server: 1 },
        env_vars: {},
        secret_env_vars: [],
        running: true,
        networks: [],
        volumes: [],
        devices: [],
        privileged: false,
        command: null,
        entrypoint: null,
        user: null,
        working_dir: null,
        hostname: null,
        labels: {},
        cap_add: [],
        cap_drop: [],
        security_opt: [],
        read_only: false,
        tmpfs: [],
        shm_size: null,
        ulimits: {},
        sysctls: {},
        dns: [],
        dns_search: [],
        extra_hosts: [],
        pid_mode: null,
        ipc_mode: null,
        init: false,
        tty: false,
        gpus: null,
        runtime: null,
        resources: {},
        log_driver: null,
        restart_policy: 'always',
        stop_signal: null,
        stop_grace_period_seconds: null,
        health_check: null,
        pull_policy: 'missing',
        platform: null,
        depends_on: [],
        hooks: {},
        update: {},
      },
    });
  });

  it('takes a spec with everything, and shares nothing with it', () => {
    // Of a privileged container no capability can be dropped.
    const input = { ...structuredClone(WHOLE), privileged: false };
    expect(Object.keys(input).sort()).toEqual(
      ['app_name', 'docker_image', ...Object.keys(specDefaults())].sort(),
    );
    const before = structuredClone(input);
    const result = parseAppSpec(input);
    expect(result).toEqual({ ok: true, value: input });
    if (!result.ok) return;
    result.value.env_vars['A'] = 'changed';
    result.value.networks.push('changed');
    result.value.hooks.pre_stop?.command.push('changed');
    expect(input).toEqual(before);
  });

  it('takes its own result', () => {
    const result = parseAppSpec(parseAppSpec(RIGHT));
    expect(result.ok).toBe(false);
    expect(parseAppSpec(Object.assign(new AppSpec(), RIGHT))).toEqual(parseAppSpec(RIGHT));
  });

  it.each<[string, unknown[]]>([
    ['running', [null, 'true', 1, [], {}]],
    ['privileged', [null, 'false', 0, [true]]],
    ['command', [[], 'serve', {}, 5, true]],
  ])('refuses %s as %j', (field, values) => {
    for (const value of values) expect(wrongPlaces({ [field]: value })).toEqual([`/${field}`]);
  });

  it('refuses arguments that are no text', () => {
    expect(problemsOf({ command: ['a', 5, null, 'b\0', ['c']] })).toEqual([
      '/command/1 must be text, not a number',
      '/command/2 must be text, not null',
      '/command/3 must be text without NUL',
      '/command/4 must be text, not a list',
    ]);
    expect(problemsOf({ command: [] })).toEqual([
      expect.stringMatching(
        /^\/command must be null for the command of the image, or a list .*, not an empty list$/,
      ),
    ]);
  });

  it('refuses unknown fields and suggests known ones', () => {
    expect(problemsOf({ docker_imge: 'x', 'Starting-Ports': [], quite_different: null, x: 1 })).toEqual([
      '/docker_imge is not a known field (did you mean "docker_image"?)',
      '/Starting-Ports is not a known field (did you mean "starting_ports"?)',
      '/quite_different is not a known field',
      '/x is not a known field',
    ]);
  });

  it('lists everything that is wrong at once', () => {
    const wrong = {
      app_name: '-',
      docker_image: 'A',
      starting_ports: [0, 80, 80],
      containers_per: { server: 0 },
      env_vars: { 'A=': 1 },
      running: 'yes',
      networks: ['host', 'x'],
      volumes: ['x'],
      devices: ['x'],
      privileged: null,
      command: [1],
      image: 'x',
      constructor: 1,
    };
    expect(wrongPlaces(wrong).sort()).toEqual(
      [
        '/app_name',
        '/command/0',
        '/constructor',
        '/containers_per/server',
        '/devices/0',
        '/docker_image',
        '/env_vars/A=',
        '/env_vars/A=',
        '/image',
        '/networks/0',
        '/privileged',
        '/running',
        '/starting_ports',
        '/starting_ports/0',
        '/starting_ports/2',
        '/volumes/0',
      ].sort(),
    );
  });

  it('tells the value, shortened', () => {
    const result = parseAppSpec({
      ...RIGHT,
      running: 'x'.repeat(100_000),
      networks: { a: 'y'.repeat(100_000) },
    });
    expect(result).toEqual({
      ok: false,
      problems: [
        { pointer: '/running', value: `${'x'.repeat(200)}…`, message: 'must be true or false' },
        { pointer: '/networks', value: `{"a":"${'y'.repeat(194)}…`, message: expect.any(String) },
      ],
    });
  });

  it('refuses what does not fit in a message', () => {
    const spec = (length: number) => ({ ...RIGHT, env_vars: { A: 'x'.repeat(length) } });
    const frame = JSON.stringify(spec(0)).length;
    expect(parseAppSpec(spec(MAX_SPEC_BYTES - frame)).ok).toBe(true);
    expect(parseAppSpec(spec(MAX_SPEC_BYTES - frame + 1))).toEqual({
      ok: false,
      problems: [
        {
          pointer: '',
          message: `must be at most ${MAX_SPEC_BYTES} bytes of JSON so that it fits in a message, not ${MAX_SPEC_BYTES + 1}`,
        },
      ],
    });
    expect(parseAppSpec({ ...RIGHT, env_vars: { A: 'ä'.repeat(MAX_SPEC_BYTES / 2) } }).ok).toBe(false);
  });

  it('cuts a long list of problems and says so', () => {
    const result = parseAppSpec({ ...RIGHT, networks: Array.from({ length: 1_000 }, () => 5) });
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.problems).toHaveLength(MAX_PROBLEMS + 1);
    expect(result.problems.at(-1)).toEqual({
      pointer: '',
      message: `has more problems; these are the first ${MAX_PROBLEMS}`,
    });
  });
});

describe('compactSpec', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
  const specs = fc.record(
    {
      app_name: name,
      docker_image: name,
      starting_ports: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 3 }),
      containers_per: fc.oneof(
        fc.constant({ server: 1 }),
        fc.constant({ cpu: 0.5 }),
        fc.constant({ mem: 100 }),
      ),
      env_vars: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), fc.stringMatching(/^[^\0]*$/), {
        maxKeys: 3,
      }),
      running: fc.boolean(),
      networks: fc.uniqueArray(name, { maxLength: 3 }),
      privileged: fc.boolean(),
      command: fc.oneof(
        fc.constant(null),
        fc.array(fc.stringMatching(/^[^\0]*$/), { minLength: 1, maxLength: 3 }),
      ),
    },
    { requiredKeys: ['app_name', 'docker_image'] },
  );

  it('is undone by expandSpec and by parsing', () => {
    fc.assert(
      fc.property(specs, (input) => {
        fc.pre(!(input.networks ?? []).some((network) => ['host', 'none', 'default'].includes(network)));
        const result = parseAppSpec(input);
        expect(result.ok).toBe(true);
        if (!result.ok) return;
        const compact = compactSpec(result.value);
        expect(expandSpec(compact)).toEqual(result.value);
        expect(parseAppSpec(JSON.parse(JSON.stringify(compact)))).toEqual(result);
        expect(compactSpec(expandSpec(compact))).toEqual(compact);
      }),
    );
  });

  it('has no field with its default value', () => {
    expect(compactSpec(Object.assign(new AppSpec(), RIGHT))).toEqual(RIGHT);
  });
});
