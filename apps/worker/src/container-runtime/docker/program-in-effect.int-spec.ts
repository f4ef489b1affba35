import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LABELS } from '@nebula/contracts';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { specOf } from '../testing/spec.js';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

const inspect = async (id: string) => await engine.docker.getContainer(id).inspect();

describe('what a spec says of the program is so', () => {
  it('who runs what, where, and with which words around it', async () => {
    const spec = specOf({
      app_name: 'my-shop',
      entrypoint: ['/bin/sh', '-c'],
      command: [
        'id -u > /seen/who; id -g >> /seen/who; pwd >> /seen/who; trap "exit 0" QUIT; while :; do sleep 0.1; done',
      ],
      user: '1234:5678',
      working_dir: '/www',
      hostname: '{{.Node}}-{{.App}}-{{.Replica}}',
      env_vars: { WHERE: 'on {{.Node}} as {{.App}} {{.Replica}}', OTHER: '{{.Other}} {{ .Node }}' },
      labels: { 'com.example.tier': 'front', [LABELS.app]: 'somebody else' },
      stop_signal: 'SIGQUIT',
      stop_grace_period_seconds: 77,
      tty: true,
      init: true,
      tmpfs: ['/seen:mode=1777'],
      restart_policy: 'on-failure:3',
      log_driver: { name: 'json-file', options: { 'max-size': '1m' } },
    });
    const id = await engine.running({ replica: 7, node: 'edge', spec });
    const who = ['1234', '5678', '/www'].join('\n');
    await eventually(async () => expect(await engine.inside(id, 'cat', '/seen/who')).toBe(who));
    expect(await engine.inside(id, 'hostname')).toBe('edge-my-shop-7');
    expect(await engine.inside(id, 'cat', '/proc/1/cmdline')).toContain('init');
    expect((await engine.inside(id, 'env')).split('\n')).toEqual(
      expect.arrayContaining([
        'WHERE=on edge as my-shop 7',
        'OTHER={{.Other}} {{ .Node }}',
        'NEBULA_NODE=edge',
      ]),
    );
    const { Config, HostConfig } = await inspect(id);
    expect(Config).toMatchObject({ Tty: true, StopSignal: 'SIGQUIT', StopTimeout: 77 });
    expect(Config.Labels).toMatchObject({ 'com.example.tier': 'front', [LABELS.app]: 'my-shop' });
    expect(HostConfig.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '1m' } });
    expect(await engine.observed(id)).toMatchObject({
      app_name: 'my-shop',
      restart_policy: 'on-failure:3',
      stop_grace_seconds: 77,
      hooks: {},
    });
    // It handles that signal alone, so a stop that is quick has sent it.
    await engine.runtime.stop(id, 77);
    expect(await engine.observed(id)).toMatchObject({ state: 'exited', exit_code: 0 });
  }, 60_000);

  it('nothing of it for a spec that says nothing', async () => {
    const id = await engine.running();
    const { Config, HostConfig } = await inspect(id);
    expect(Config).toMatchObject({ User: '', WorkingDir: '', Tty: false, Entrypoint: null, Cmd: ['/serve'] });
    expect(Config).toMatchObject({ StopTimeout: 10 });
    expect(HostConfig.RestartPolicy).toEqual({ Name: 'always', MaximumRetryCount: 0 });
    expect(await engine.observed(id)).toMatchObject({ stop_grace_seconds: 10 });
  }, 60_000);

  it("a health check in place of the image's, or none", async () => {
    const health_check = { command: ['test', '-e', '/well'], interval_seconds: 0.5, retries: 2 };
    const [own, shell, none] = await Promise.all([
      engine.running({ spec: specOf({ health_check }) }),
      engine.running({
        spec: specOf({
          health_check: {
            command: 'test "$HOME" = /',
            ...{ interval_seconds: 1, timeout_seconds: 4, start_period_seconds: 9 },
          },
        }),
      }),
      engine.running({ spec: specOf({ health_check: 'none' }) }),
    ]);
    const second = 1_000_000_000;
    expect((await inspect(own)).Config.Healthcheck).toEqual({
      Test: ['CMD', 'test', '-e', '/well'],
      ...{ Interval: second / 2, Timeout: 30 * second, Retries: 2, StartPeriod: 1_000_000 },
    });
    expect((await inspect(shell)).Config.Healthcheck).toEqual({
      Test: ['CMD-SHELL', 'test "$HOME" = /'],
      ...{ Interval: second, Timeout: 4 * second, Retries: 3, StartPeriod: 9 * second },
    });
    expect((await engine.observed(none)).health).toBe('none');
    await eventually(async () => expect((await engine.observed(own)).health).toBe('unhealthy'));
    await engine.inside(own, 'touch', '/well');
    await eventually(async () => expect((await engine.observed(own)).health).toBe('healthy'));
  }, 60_000);

  it('each restart policy, and any other later', async () => {
    const policies = ['no', 'always', 'unless-stopped', 'on-failure', 'on-failure:4'];
    for (const restart_policy of policies) {
      const id = await engine.runtime.create(engine.draft({ spec: specOf({ restart_policy }) }));
      expect(await engine.observed(id)).toMatchObject({ restart_policy });
      for (const policy of policies) {
        await engine.runtime.setRestartPolicy(id, policy);
        expect(await engine.observed(id)).toMatchObject({ restart_policy: policy });
      }
    }
  }, 60_000);
});

describe('hooks', () => {
  const post_start = { command: ['touch', '/started'] };
  const pre_stop = { command: ['sh', '-c', 'exit 3'], timeout_seconds: 5 };

  it('go with the container, which is held until it has started with them', async () => {
    const id = await engine.running({
      spec: specOf({ hooks: { post_start, pre_stop }, restart_policy: 'unless-stopped' }),
    });
    expect(await engine.observed(id)).toMatchObject({
      hooks: { post_start, pre_stop },
      restart_policy: 'no',
    });
    const stopping = await engine.runtime.create(engine.draft({ spec: specOf({ hooks: { pre_stop } }) }));
    expect(await engine.observed(stopping)).toMatchObject({ hooks: { pre_stop }, restart_policy: 'always' });
  }, 60_000);

  it('run inside the container', async () => {
    const id = await engine.running();
    await engine.runtime.run(id, ['sh', '-c', 'echo "$VERSION" > /seen'], 10);
    expect(await engine.inside(id, 'cat', '/seen')).toBe('1');
  }, 60_000);

  it('tell no secret in what they print: of several lines, behind its name, or where the output is cut', async () => {
    const PEM = '-----BEGIN KEY-----\nc2VjcmV0\n=\n-----END KEY-----';
    const id = await engine.running({ spec: specOf({ env_vars: { PEM, SECRET: 'hunter2hunter2' } }) });
    const failing = async (script: string) =>
      String(await engine.runtime.run(id, ['sh', '-c', `${script}; exit 3`], 30).catch(String));
    const ended = 'RuntimeError: the command sh ended with exit code 3';
    expect(await failing('echo "got $PEM."; echo password=hunter4')).toBe(
      `${ended}: got [redacted]. | password=[redacted]`,
    );
    const dots = `head -c ${64 * 1024 - 4} /dev/zero | tr '\\0' .`;
    expect(await failing(`echo "$SECRET$(${dots})"`)).toBe(ended);
    expect(await failing(`echo "$SECRET$(head -c 3995 /dev/zero | tr '\\0' .)"`)).toMatch(/: …cted\]\.+$/);
  }, 60_000);

  it('say how they failed, with their last lines, without what the environment holds', async () => {
    const id = await engine.running({ spec: specOf({ env_vars: { SECRET: 'hunter2hunter2' } }) });
    const run = async (command: string[], seconds = 10) => await engine.runtime.run(id, command, seconds);
    const script =
      'n=0; while [ $n -lt 30 ]; do n=$((n+1)); echo line $n; done; echo "key $SECRET" >&2; exit 3';
    const error = await run(['sh', '-c', script]).catch(String);
    expect(error).toContain('the command sh ended with exit code 3: line 22 | line 23');
    expect(error).toContain('line 30 | key [redacted]');
    expect(error).not.toContain('hunter2');
    expect(error).not.toContain('line 21');
    await expect(run(['nowhere'])).rejects.toThrow(/nowhere/);
    const began = performance.now();
    await expect(run(['sh', '-c', 'echo begun; sleep 100'], 1)).rejects.toThrow(
      'the command sh takes longer than 1 s: begun',
    );
    expect(performance.now() - began).toBeLessThan(30_000);
    await engine.runtime.stop(id);
    await expect(run(['touch', '/x'])).rejects.toMatchObject({ kind: 'conflict' });
  }, 60_000);
});
