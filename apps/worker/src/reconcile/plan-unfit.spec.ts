import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { containerKey } from './failure-key.js';
import { formatPlan } from './format-plan.js';
import type { NodeFacts, ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import type { PlanInput } from './plan-input.js';
import { appState } from './status.js';
import { desiredApp, NOW, rightContainer, situation } from './testing/builders.js';

const lines = (input: PlanInput) => formatPlan(plan(input), NOW);
const before = desiredApp({ containers_per: { server: 2 }, starting_ports: [81] });
/** Of 24 replicas on 8 cores the last would need host port 65553. */
const unfit = desiredApp({ containers_per: { cpu: 3 }, starting_ports: [65_530], docker_image: 'shop:2' });
const UNFIT = expect.stringMatching(/^! plan: starting_ports: replica 7 of 24 would need host port 65536/);
const c = (replica: number, more: Partial<ObservedContainer> = {}) => rightContainer(before, replica, more);

describe('a spec that does not fit on this server', () => {
  test('touches nothing that runs, and makes nothing', () => {
    const input = situation(unfit, [c(1), c(2)]);
    expect(lines(input)).toEqual([UNFIT]);
    expect(appState(plan(input), unfit, input.observed)).toBe('failed');
    expect(lines(situation(unfit, []))).toEqual([UNFIT]);
  });

  test('says that the server has too few processors, where the spec asks for more than all', () => {
    const asking = (cpus: number) => lines(situation(desiredApp({ resources: { cpus } }), []));
    expect(asking(8)[0]).toContain('create web-1');
    expect(asking(8.5)).toEqual(['! plan: resources: cpus is 8.5; this server has 8']);
  });

  test('may be one with a health check, on an engine that runs none', () => {
    const checked = (health_check: AppSpec['health_check']) => {
      const input = situation(desiredApp({ health_check }), []);
      return lines({ ...input, node: { ...input.node, can_check: false } });
    };
    expect(checked({ command: 'true' })).toEqual([
      '! plan: health_check: the engine of this server runs none (Podman without systemd); leave it out there, or set it to "none"',
    ]);
    for (const none of [null, 'none'] as const) expect(checked(none)[0]).toContain('create web-1');
  });

  test.each<[string, Partial<AppSpec>, string]>([
    [
      'swap without a limit',
      { resources: { memory: '64m', memory_swap: -1 } },
      'resources: memory_swap can not be -1 on the engine of this server (Podman), which takes it for twice the memory; give the bytes of memory and swap together',
    ],
    [
      'GPUs',
      { gpus: 'all' },
      'gpus: the engine of this server (Podman) gives a container none; leave it out there, or name the devices in devices',
    ],
    [
      'a runtime',
      { runtime: 'runsc' },
      'runtime: the engine of this server (Podman) takes its own whatever is asked for; leave it out there, and have Podman configured with "runsc"',
    ],
    [
      'no entrypoint',
      { entrypoint: [] },
      `entrypoint: the engine of this server (Podman) takes [] for the entrypoint of the image; [""] beside a command takes it away there, too`,
    ],
  ])('may be one with %s, on an engine that leaves that out and says nothing', (_what, spec, message) => {
    const input = situation(desiredApp(spec), []);
    const found = (more: Partial<NodeFacts>) => lines({ ...input, node: { ...input.node, ...more } });
    expect(found({ is_podman: true })).toEqual([`! plan: ${message}`]);
    expect(found({ is_podman: false })[0]).toContain('create web-1');
  });

  test('is none of those that such an engine does as it is told', () => {
    const close = { entrypoint: [''], command: ['serve'], resources: { memory: '64m', memory_swap: '64m' } };
    const input = situation(desiredApp(close), []);
    expect(lines({ ...input, node: { ...input.node, is_podman: true } })[0]).toContain('create web-1');
    // Where the kernel can limit no swap, there is no limit of it to be taken away.
    const free = situation(desiredApp({ resources: { memory: '64m', memory_swap: -1 } }), []);
    const node = { ...free.node, is_podman: true, swap_limit: false };
    expect(lines({ ...free, node })[0]).toContain('create web-1');
  });

  test('may be one with a host name that is too long here', () => {
    const named = (node: string, server: number) => {
      const spec = { hostname: '{{.App}}-{{.Replica}}.{{.Node}}', containers_per: { server } };
      const input = situation(desiredApp(spec), []);
      return lines({ ...input, node: { ...input.node, hostname: node } });
    };
    const node = 'n'.repeat(57);
    expect(named(node, 9)).not.toContainEqual(expect.stringContaining('hostname'));
    expect(named(node, 10)).toEqual([
      `! plan: hostname: "web-10.${node}" of replica 10 has 64 characters; the longest has 63`,
    ]);
  });

  test('lets what ran before it be kept up', () => {
    expect(lines(situation(unfit, [c(1, { state: 'exited' }), c(2)]))).toEqual(['start c1', UNFIT]);
    expect(lines(situation(unfit, [c(1, { restart_policy: 'no', name: 'web-1.old' }), c(2)]))).toEqual([
      'rename c1 to web-1 → set-restart-policy always on c1',
      UNFIT,
    ]);
    expect(lines(situation(unfit, [c(1), c(2, { state: 'paused' })]))).toEqual(['unpause c2', UNFIT]);
  });

  test('lets what ran before it be put back into the network that it was made in', () => {
    const lost = { networks: [] };
    expect(lines(situation(unfit, [c(1, lost), c(2, { ...lost, state: 'exited' })]))).toEqual([
      'connect c1 to nebula',
      'connect c2 to nebula → start c2',
      UNFIT,
    ]);
    for (const network_mode of ['host', 'none', 'container:db', 'bridge']) {
      expect(lines(situation(unfit, [c(1, { ...lost, network_mode })]))).toEqual([UNFIT]);
    }
    const gone = { observed: { networks: [] } };
    expect(lines(situation(unfit, [c(1, lost)], gone))).toEqual([
      UNFIT,
      '! connect: web-1 is not in the network nebula, which is gone',
    ]);
    const taken = { observed: { taken_ports: [{ host_port: 81, by: 'db' }] } };
    expect(lines(situation(unfit, [c(1, lost)], taken))).toEqual([
      UNFIT,
      '! connect: web-1 waits: host port 81 is published by the container db',
    ]);
  });

  test('brings back the one before, where a replacement was under way', () => {
    const old = c(1, { id: 'old', name: 'web-1.old', restart_policy: 'no', state: 'exited' });
    const made = c(1, { id: 'made', state: 'created', fingerprint: 'v1:other' });
    expect(lines(situation(unfit, [old, made]))).toEqual([
      'remove made → rename old to web-1 → set-restart-policy always on old → start old',
      UNFIT,
    ]);
    const other = c(1, { id: 'other', state: 'exited', fingerprint: 'v1:other' });
    const runs = c(1, { name: 'web-1.next' });
    expect(lines(situation(unfit, [other, runs]))).toEqual([UNFIT]);
  });

  test('starts nothing for which it is too early, or whose host port is taken', () => {
    const { fingerprint } = c(1);
    const failure = {
      ...({ step: 'start', message: 'no', attempts: 1, terminal: false } as const),
      ...{ failed_at: NOW - 1, retry_at: NOW + 900 },
    };
    const memory = {
      ...situation(unfit, []).memory,
      failures: { [containerKey('start', 1, fingerprint)]: failure },
    };
    const killed = [c(1, { state: 'exited' })];
    expect(lines(situation(unfit, killed, { memory }))).toEqual([UNFIT, '! start: no (again in 900 ms)']);
    const observed = { taken_ports: [{ host_port: 81, by: 'db' }] };
    expect(lines(situation(unfit, killed, { observed }))).toEqual([
      UNFIT,
      '! start: replica 1 waits: host port 81 is published by the container db',
    ]);
  });

  test('leaves alone what the engine removes, and what has no replica', () => {
    const odd = c(1, { id: 'odd', name: 'web-odd', replica: 0, state: 'exited' });
    const far = c(1, { id: 'far', name: 'web-far', replica: Number.MAX_SAFE_INTEGER });
    expect(lines(situation(unfit, [odd, far, c(2, { state: 'removing' })]))).toEqual([
      `rename far to web-${Number.MAX_SAFE_INTEGER}`,
      UNFIT,
    ]);
  });
});

test('a container whose image has a check runs on where the engine runs none, and the status says what to do', () => {
  const app = desiredApp();
  const input = situation(app, [rightContainer(app, 1, { health: 'starting' })]);
  const made = plan({ ...input, node: { ...input.node, can_check: false } });
  expect(formatPlan(made, NOW)).toEqual([expect.stringMatching(/^! run: web-1 stays "starting": .*"none"$/)]);
  expect(appState(made, app, input.observed)).toBe('failed');
  expect(lines(input)).toEqual([]);
});
