import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { fingerprint } from './fingerprint.js';
import { formatPlan } from './format-plan.js';
import { emptyMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import { appState } from './status.js';
import { desiredApp, NOW, rightContainer, situation, specOf } from './testing/builders.js';
import { policyProblems, type WorkerPolicy } from './worker-policy.js';

type Spec = Partial<AppSpec>;

const rulesThatForbid = (spec: Spec, policy: WorkerPolicy): string[] =>
  policyProblems(specOf(desiredApp(spec)), policy).map(
    ({ message }) => /^worker_policy\.(\w+) forbids/.exec(message)?.[1] ?? message,
  );

const bind = (path: string): Spec => ({ volumes: [`${path}:/data`] });
const DIGEST = `sha256:${'0a'.repeat(32)}`;
const image = (docker_image: string): Spec => ({ docker_image });

describe('a policy', () => {
  test('that is empty forbids nothing', () => {
    const everything: Spec = {
      ...{ privileged: true, volumes: ['/:/host'], devices: ['/dev/kmsg'], cap_add: ['ALL'] },
      ...{ pid_mode: 'host', ipc_mode: 'host', networks: ['host'] },
    };
    expect(rulesThatForbid(everything, {})).toEqual([]);
  });

  test.each<[string, Spec, WorkerPolicy]>([
    ['images', image('evil/shop:1'), { images: { allow: ['registry.example/*'] } }],
    ['images', image('registry.example/shop:1'), { images: { deny: ['*:1'] } }],
    ['images', image('shop'), { images: { deny: ['*:latest'] } }],
    ['images', image('busybox:1'), { images: { deny: ['docker.io/*'] } }],
    ['images', image('index.docker.io/library/busybox:1'), { images: { deny: ['busybox:*'] } }],
    ['images', image('registry.exampleXcom/a:1'), { images: { allow: ['registry.example.com/*'] } }],
    ['images', image('REGISTRY.bad/x:1'), { images: { deny: ['registry.bad/*'] } }],
    ['images', image('registry.bad/x:1'), { images: { deny: ['Registry.BAD/*'] } }],
    ['images', image('registry.bad:443/x:1'), { images: { deny: ['registry.bad/*'] } }],
    ['images', image('registry-1.docker.io/library/busybox:1'), { images: { deny: ['busybox:*'] } }],
    ['images', image('registry.hub.docker.com/library/busybox:1'), { images: { deny: ['docker.io/*'] } }],
    ['images', image('busybox:1'), { images: { deny: ['registry-1.docker.io/library/*'] } }],
    ['images', image(`shop:latest@${DIGEST}`), { images: { deny: ['*:latest'] } }],
    ['images', image(`shop@${DIGEST}`), { images: { deny: ['shop:*'] } }],
    ['images', image(`shop:1@${DIGEST}`), { images: { allow: ['shop:1'] } }],
    ['images', image('shop:rc'), { images: { allow: ['shop:RC'] } }],
    ['images', image(DIGEST), { images: { allow: ['docker.io/*', 'sha256:*', '*'] } }],
    ['images', image('sha256:0a0a'), { images: { deny: ['evil/*'] } }],
    ['binds', bind('/proc'), { binds: { deny: ['/etc'] } }],
    ['binds', bind('/proc/1/root'), { binds: { deny: ['/etc'] } }],
    ['binds', bind('/proc//1/./root/srv'), { binds: { deny: ['/etc'] } }],
    ['binds', bind('/proc/self/cwd'), { binds: { deny: ['/etc'] } }],
    ['binds', bind('/dev/fd/3'), { binds: { deny: ['/etc'] } }],
    ['binds', bind('/proc/1/root/srv'), { binds: { allow: ['/srv'] } }],
    ['binds', bind('/proc/1/root'), { binds: { deny: ['/proc'] } }],
    ['binds', bind('/var/run/keys'), { binds: { deny: ['/run/keys'] } }],
    ['binds', bind('/run/keys'), { binds: { deny: ['/var/run'] } }],
    ['binds', bind('/var/run/keys'), { binds: { allow: ['/var'] } }],
    ['docker_socket', bind('/proc/1/root'), { docker_socket: false }],
    ['docker_socket', bind('/run/d.sock'), { docker_socket: false, sockets: ['/var/run/d.sock'] }],
    ['docker_socket', bind('/var/run/d.sock'), { docker_socket: false, sockets: ['/run/d.sock'] }],
    ['docker_socket', bind('/var'), { docker_socket: false }],
    ['devices', { devices: ['/dev/fd/3'] }, { devices: { deny: ['/dev/kmsg'] } }],
    ['binds', bind('/etc'), { binds: { allow: ['/srv'] } }],
    ['binds', bind('/srvx'), { binds: { allow: ['/srv/'] } }],
    ['binds', bind('/'), { binds: { deny: ['/etc'] } }],
    ['binds', bind('/etc/shadow'), { binds: { deny: ['/etc'] } }],
    ['binds', bind('/srv'), { binds: { allow: [] } }],
    ['docker_socket', bind('/var/run/docker.sock'), { docker_socket: false }],
    ['docker_socket', bind('/run'), { docker_socket: false }],
    ['docker_socket', bind('//run/./docker.sock'), { docker_socket: false }],
    ['docker_socket', bind('/opt/d'), { docker_socket: false, sockets: ['/opt/d/engine.sock'] }],
    ['docker_socket', { privileged: true }, { docker_socket: false }],
    ['binds', { privileged: true }, { binds: { allow: ['/srv'] } }],
    ['binds', { privileged: true }, { binds: { deny: ['/etc'] } }],
    ['privileged', { privileged: true }, { privileged: false, docker_socket: false, binds: { allow: [] } }],
    ['devices', { devices: ['/dev/kmsg'] }, { devices: { allow: ['/dev/ttyUSB0'] } }],
    ['devices', { privileged: true }, { devices: { allow: ['/dev/ttyUSB0'] } }],
    ['capabilities', { cap_add: ['NET_ADMIN'] }, { capabilities: { allow: ['SYS_TIME'] } }],
    ['capabilities', { cap_add: ['CAP_NET_ADMIN'] }, { capabilities: { deny: ['net_admin'] } }],
    ['capabilities', { cap_add: ['ALL'] }, { capabilities: { deny: ['SYS_ADMIN'] } }],
    ['capabilities', { privileged: true }, { capabilities: { allow: [] } }],
    ['privileged', { privileged: true }, { privileged: false, capabilities: { allow: [] } }],
    ['pid_mode_host', { pid_mode: 'host' }, { pid_mode_host: false }],
    ['ipc_mode_host', { ipc_mode: 'host' }, { ipc_mode_host: false }],
    ['network_host', { networks: ['host'] }, { network_host: false }],
  ])('%s forbids %j by %j', (rule, spec, policy) => {
    expect(rulesThatForbid(spec, policy)).toEqual([rule]);
  });

  test.each<[Spec, WorkerPolicy]>([
    [image('registry.example/shop:1'), { images: { allow: ['registry.example/*'] } }],
    [image('busybox:1'), { images: { allow: ['docker.io/library/*'] } }],
    [image('localhost:5000/a:1'), { images: { deny: ['docker.io/*'] } }],
    [image('Registry.example/shop:1'), { images: { allow: ['registry.example/*'] } }],
    [image('registry-1.docker.io/library/busybox:1'), { images: { allow: ['busybox:1'] } }],
    [image(`shop:1@${DIGEST}`), { images: { allow: [`shop@${DIGEST}`], deny: ['*:latest'] } }],
    [image(`shop@${DIGEST}`), { images: { deny: ['*:latest'] } }],
    [image('shop:rc'), { images: { deny: ['shop:RC'] } }],
    [image('registry.example/sha256:0a'), { images: { allow: ['registry.example/*'] } }],
    [image(DIGEST), { images: { deny: [] } }],
    [bind('/proc'), { binds: { allow: ['/proc'] } }],
    [bind('/proc/cpuinfo'), { binds: { deny: ['/etc'] }, docker_socket: false }],
    [bind('/var/run/udev'), { binds: { allow: ['/run'] } }],
    [bind('/run/udev'), { binds: { allow: ['/var/run'], deny: ['/var/lib'] }, docker_socket: false }],
    [bind('/srv/data'), { binds: { allow: ['/srv'] } }],
    [{ volumes: ['data:/data'] }, { binds: { allow: [] }, docker_socket: false }],
    [bind('/srv'), { docker_socket: false }],
    [{ privileged: true }, { docker_socket: true, binds: { deny: [] } }],
    [{ devices: ['/dev/ttyUSB0'] }, { devices: { allow: ['/dev/ttyUSB0'] } }],
    [{ cap_add: ['CAP_SYS_TIME'] }, { capabilities: { allow: ['SYS_TIME'] } }],
    [{ cap_add: ['SYS_TIME'] }, { capabilities: { allow: ['ALL'] } }],
    [
      { privileged: false, networks: ['other'] },
      { privileged: false, network_host: false },
    ],
  ])('allows %j by %j', (spec, policy) => {
    expect(rulesThatForbid(spec, policy)).toEqual([]);
  });

  test('knows the places of the socket that the server has for the container of the worker', () => {
    const wanted = desiredApp(bind('/opt/engine'));
    const input = situation(wanted, [], { policy: { docker_socket: false } });
    expect(formatPlan(plan(input), NOW)).not.toEqual([expect.stringMatching(/^! plan/)]);
    const node = { ...input.node, sockets: ['/opt/engine/d.sock'] };
    expect(formatPlan(plan({ ...input, node }), NOW)).toEqual([
      '! plan: worker_policy.docker_socket forbids the bind /opt/engine:/data on this worker: ' +
        "it gives the container the engine's socket /opt/engine/d.sock",
    ]);
  });

  test('says in a sentence which rule forbids what and why', () => {
    const spec = specOf(desiredApp(bind('/etc')));
    expect(policyProblems(spec, { binds: { allow: ['/srv'] } }).map(({ message }) => message)).toEqual([
      'worker_policy.binds forbids the bind /etc:/data on this worker: /etc is at or below no path that is allowed',
    ]);
  });
});

describe('an app that the policy forbids', () => {
  const wanted = desiredApp({ ...bind('/etc'), docker_image: 'shop:2' });
  const policy = { binds: { allow: [] } };
  const FORBIDDEN = expect.stringMatching(/^! plan: worker_policy\.binds forbids/);

  test('starts nothing and touches nothing that runs', () => {
    for (const containers of [
      [],
      [rightContainer(desiredApp(), 1)],
      [rightContainer(desiredApp(), 1, { state: 'exited' })],
      [rightContainer(wanted, 1, { state: 'exited' })],
      [rightContainer(wanted, 1, { state: 'paused' }), rightContainer(wanted, 2)],
    ]) {
      const input = situation(wanted, containers, { policy });
      expect(formatPlan(plan(input), NOW)).toEqual([FORBIDDEN]);
      expect(appState(plan(input), wanted, input.observed)).toBe('failed');
    }
  });

  describe('after a version that served and is allowed', () => {
    const before = desiredApp({ containers_per: { server: 2 } });
    const good = { revision: 1, spec: specOf(before), tokens: before.tokens, pin: null };
    const lines = (containers: ObservedContainer[], spec = good.spec): string[] => {
      const memory = { ...emptyMemory(), good: { ...good, spec } };
      return formatPlan(plan(situation(wanted, containers, { policy, memory })), NOW);
    };
    const c = (replica: number, more: Partial<ObservedContainer> = {}): ObservedContainer =>
      rightContainer(before, replica, more);

    test('keeps that up', () => {
      expect(lines([c(1), c(2)])).toEqual([FORBIDDEN]);
      expect(lines([c(1, { state: 'exited' }), c(2, { state: 'paused' })])).toEqual([
        'start c1',
        'unpause c2',
        FORBIDDEN,
      ]);
      expect(lines([c(1)])).toEqual([FORBIDDEN]);
    });

    test('brings that back where a replacement was under way', () => {
      const old = c(1, { id: 'old', name: 'web-1.old', restart_policy: 'no', state: 'exited' });
      const made = rightContainer(wanted, 1, { id: 'made', state: 'created', started_at: 0 });
      expect(lines([old, made])).toEqual([
        'remove made → rename old to web-1 → set-restart-policy always on old → start old',
        FORBIDDEN,
      ]);
    });

    test('leaves alone what is of another version', () => {
      const other = rightContainer(wanted, 1, { state: 'exited' });
      expect(lines([other])).toEqual([FORBIDDEN]);
      expect(lines([other, c(1, { id: 'old', name: 'web-1.old', state: 'exited' })])).toEqual([FORBIDDEN]);
    });

    test('starts nothing of it when the policy forbids that too', () => {
      const spec = { ...good.spec, volumes: ['/srv:/data'] };
      const container = {
        ...c(1),
        fingerprint: fingerprint(spec, 1, before.tokens),
        state: 'exited' as const,
      };
      expect(lines([container], spec)).toEqual([FORBIDDEN]);
    });
  });

  test('can be stopped and deleted', () => {
    for (const desired of [
      desiredApp({ ...bind('/etc'), running: false }),
      desiredApp({}, { deleted: true, spec: null }),
    ]) {
      const input = situation(desired, [rightContainer(wanted, 1)], { policy });
      expect(formatPlan(plan(input), NOW)).toEqual(['stop c1 → remove c1']);
    }
  });
});
