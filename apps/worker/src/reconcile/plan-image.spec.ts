import { describe, expect, test } from '@jest/globals';
import { failureKey, pullKey } from './failure-key.js';
import { formatPlan } from './format-plan.js';
import { imagesToLookUp } from './image.js';
import { afterFailure } from './memory-updates.js';
import { emptyMemory } from './memory.js';
import { plan } from './plan.js';
import type { PlanInput } from './plan-input.js';
import { appState } from './status.js';
import { desiredApp, NOW, rightContainer, situation, specOf, tokens } from './testing/builders.js';

const lines = (input: PlanInput) => formatPlan(plan(input), NOW);

const before = desiredApp({ docker_image: 'shop:0' });
const app = desiredApp({ docker_image: 'shop' });
const old = rightContainer(before, 1);
const released = { ...app, tokens: tokens({ release: 7 }) };
const unpinned = emptyMemory();
const there = { images: { 'shop:latest': 'A', A: 'A' } };
const away = { images: { 'shop:latest': null, A: null } };
const pinned = (image_id: string, release = 0) => ({
  ...emptyMemory(),
  pin: { image: 'shop:latest', release, image_id },
});
const pullFailed = (memory = unpinned, release = 0) =>
  afterFailure(
    memory,
    { key: pullKey('shop:latest', release), step: 'pull', message: 'no such tag', terminal: false },
    NOW,
    0,
  );

const REPLACED =
  'set-restart-policy no on c1 → stop c1 → rename c1 to web-1.old → rename the new 1 to web-1 → start the new 1 → remove c1';

describe('the image', () => {
  test('is pulled alone, before anything is stopped', () => {
    expect(lines(situation(app, [old], { memory: unpinned, observed: away }))).toEqual(['pull shop:latest']);
  });

  test('is taken from the engine when it is there, and pinned first', () => {
    expect(lines(situation(app, [old], { memory: unpinned, observed: there }))).toEqual([
      'pin shop:latest to A',
    ]);
    expect(lines(situation(app, [old], { memory: pinned('A'), observed: there }))).toEqual([
      `create web-1.next from shop:latest → ${REPLACED}`,
    ]);
  });

  test('is pulled for a release even when it is there', () => {
    expect(lines(situation(released, [old], { memory: pinned('A', 3), observed: there }))).toEqual([
      'pull shop:latest for release 7',
    ]);
  });

  test('is the pinned build, though the tag has moved', () => {
    const observed = { images: { 'shop:latest': 'B', A: 'A' } };
    expect(lines(situation(app, [], { memory: pinned('A'), observed }))).toEqual([
      'create web-1 from A → start the new 1',
    ]);
  });

  test('is what the engine has now when the pinned build is gone', () => {
    const observed = { images: { 'shop:latest': 'B', A: null } };
    expect(lines(situation(app, [], { memory: pinned('A'), observed }))).toEqual(['pin shop:latest to B']);
    expect(lines(situation(app, [], { memory: pinned('A'), observed: away }))).toEqual(['pull shop:latest']);
  });

  test('is that of right containers when the memory was lost, whatever is released', () => {
    const pair = {
      ...released,
      spec: { ...desiredApp({ docker_image: 'shop', containers_per: { server: 2 } }).spec! },
    };
    const right = rightContainer(pair, 1, { image_id: 'A' });
    const input = situation(pair, [right], {
      memory: unpinned,
      observed: { images: { 'shop:latest': 'B' } },
    });
    expect(lines(input)).toEqual(['pin shop:latest to A']);
  });

  test('is asked about by reference and by pin', () => {
    expect(imagesToLookUp(app, pinned('A'))).toEqual(['shop:latest', 'A']);
    expect(imagesToLookUp(desiredApp({}, { deleted: true, spec: null }), pinned('A'))).toEqual([]);
  });
});

describe('a pull', () => {
  test('comes after a missing network, which is quick', () => {
    expect(lines(situation(app, [old], { memory: unpinned, observed: { ...away, networks: [] } }))).toEqual([
      'create-network nebula',
    ]);
  });

  test('does not hold up what needs no image', () => {
    const three = desiredApp({ docker_image: 'shop', containers_per: { server: 2 } });
    const stopped = rightContainer(three, 1, { state: 'exited' });
    const containers = [stopped, rightContainer(three, 3)];
    const memory = pinned('gone');
    expect(lines(situation(three, containers, { memory, observed: away }))).toEqual([
      'pull shop:latest',
      'stop c3 → remove c3',
      'start c1',
    ]);
  });

  test('that failed is told and waits, and what runs is not touched', () => {
    expect(lines(situation(app, [old], { memory: pullFailed(), observed: away }))).toEqual([
      '! pull: no such tag (again in 1000 ms)',
    ]);
    expect(
      lines(
        situation(released, [rightContainer(app, 1)], {
          memory: pullFailed(pinned('A'), 7),
          observed: there,
        }),
      ),
    ).toEqual(['! pull: no such tag (again in 1000 ms)']);
  });

  test('that failed or is under way leaves the service to what ran before', () => {
    const stopped = { ...old, name: 'web-1.old', state: 'exited' as const, restart_policy: 'no' };
    const back = 'rename c1 to web-1 → set-restart-policy always on c1 → start c1';
    expect(lines(situation(app, [stopped], { memory: pullFailed(), observed: away }))).toEqual([
      back,
      '! pull: no such tag (again in 1000 ms)',
    ]);
    expect(lines(situation(app, [stopped], { memory: unpinned, observed: away }))).toEqual([
      'pull shop:latest',
      back,
    ]);
  });

  test('is tried again when its time has come, and is told of until it has succeeded', () => {
    const input = situation(app, [old], { memory: pullFailed(), observed: away, now: NOW + 1000 });
    expect(lines(input)).toEqual(['pull shop:latest', '! pull: no such tag']);
    expect(appState(plan(input), app, input.observed)).toBe('failed');
  });

  test('is not tried for a container that may not be tried', () => {
    const key = failureKey(
      { kind: 'start', replica: 1, target: { by: 'id', id: 'c1' } },
      [],
      [rightContainer(app, 1)],
    );
    const memory = afterFailure(unpinned, { key, step: 'start', message: 'bad', terminal: true }, NOW, 0);
    expect(lines(situation(app, [{ ...old, id: 'o' }], { memory, observed: away }))).toEqual([
      '! start: bad',
    ]);
  });
});

describe('a release whose pull has failed', () => {
  const PROBLEM = '! pull: no such tag (again in 1000 ms)';
  const memory = pullFailed(pinned('A', 3), 7);
  const at = (release: number, restart = 0) => ({ ...app, tokens: tokens({ release, restart }) });
  const right = rightContainer(at(3), 1);

  test('keeps nobody from repairing', () => {
    expect(lines(situation(released, [], { memory, observed: there }))).toEqual([
      'create web-1 from shop:latest → start the new 1',
      PROBLEM,
    ]);
  });

  test('keeps nobody from a restart, which pulls nothing', () => {
    expect(lines(situation(at(7, 8), [right], { memory, observed: there }))).toEqual([
      `create web-1.next from shop:latest → ${REPLACED}`,
      PROBLEM,
    ]);
  });

  test('keeps nobody from another image that is there', () => {
    const other = { ...memory, pin: { image: 'shop:0', release: 3, image_id: 'Z' } };
    const observed = { images: { 'shop:latest': 'A', Z: 'Z' } };
    expect(lines(situation(released, [], { memory: other, observed }))).toEqual([
      'pin shop:latest to A',
      PROBLEM,
    ]);
  });

  test('is pulled when its time has come, and then every container is made anew', () => {
    const later = { memory, observed: there, now: NOW + 1000 };
    expect(lines(situation(released, [right], later))).toEqual([
      'pull shop:latest for release 7',
      '! pull: no such tag',
    ]);
    expect(lines(situation(released, [right], { memory: pinned('A', 7), observed: there }))).toEqual([
      `create web-1.next from shop:latest → ${REPLACED}`,
    ]);
  });

  test('keeps nobody from repairing either while it is under way, once that takes long', () => {
    const late = { ...pinned('A', 3), late_pull: pullKey('shop:latest', 7) };
    const pull = 'pull shop:latest for release 7';
    expect(lines(situation(released, [], { memory: pinned('A', 3), observed: there }))).toEqual([pull]);
    expect(lines(situation(released, [], { memory: late, observed: there }))).toEqual([
      pull,
      'create web-1 from shop:latest → start the new 1',
    ]);
    expect(lines(situation(released, [right], { memory: late, observed: there }))).toEqual([pull]);
    const other = { ...late, late_pull: pullKey('shop:latest', 6) };
    expect(lines(situation(released, [], { memory: other, observed: there }))).toEqual([pull]);
  });

  test('is not undone where it was pulled, though the memory of that was lost', () => {
    const done = rightContainer(released, 1, { image_id: 'A' });
    expect(lines(situation(released, [done], { memory, observed: there }))).toEqual(['pin shop:latest to A']);
  });

  test('is served by what runs, or as the first, where the memory of the one before was lost', () => {
    const lost = { memory: pullFailed(unpinned, 7), observed: there };
    const runs = { ...right, image_id: 'A' };
    const two = { ...released, spec: { ...specOf(released), containers_per: { server: 2 } } };
    expect(lines(situation(two, [runs], lost))).toEqual(['pin shop:latest to A', PROBLEM]);
    expect(lines(situation(two, [runs], { memory, observed: there }))).toEqual([
      'create web-2 from shop:latest → start the new 2',
      PROBLEM,
    ]);
    expect(lines(situation(released, [], lost))).toEqual(['pin shop:latest to A', PROBLEM]);
    expect(lines(situation(released, [old], lost))).toEqual(['pin shop:latest to A', PROBLEM]);
  });

  test('touches nothing where the memory was lost and what runs may be any of very many', () => {
    const lost = { memory: pullFailed(unpinned, 7), observed: there };
    const late = { ...lost, memory: pullFailed(unpinned, 1_000_000) };
    expect(lines(situation(at(1_000_000), [right], late))).toEqual([PROBLEM]);
  });

  test('counts no longer for an image that came after it', () => {
    const next = desiredApp({ docker_image: 'shop:2' }, { tokens: tokens({ release: 7 }) });
    const observed = { images: { 'shop:2': 'B', A: 'A' } };
    expect(lines(situation(next, [old], { memory: pinned('A', 7), observed }))).toEqual(['pin shop:2 to B']);
  });
});
