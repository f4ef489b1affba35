import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import type { DesiredApp } from './desired.js';
import { fingerprint } from './fingerprint.js';
import { formatPlan } from './format-plan.js';
import { afterFailure, withPin } from './memory-updates.js';
import { emptyMemory } from './memory.js';
import { plan } from './plan.js';
import { desiredApp, NOW, rightContainer, situation, specOf, tokens } from './testing/builders.js';

const two = (spec: Partial<AppSpec> = {}) => desiredApp({ containers_per: { server: 2 }, ...spec });
const before = two({ pull_policy: 'always' });
const after = two({ pull_policy: 'always', env_vars: { A: '1' } });
const running = [1, 2].map((replica) => rightContainer(before, replica));
const pinFor = (desired: DesiredApp) => ({
  ...{ image: 'shop:1', release: 0, image_id: 'id of shop:1' },
  made_for: fingerprint(specOf(desired), 1, desired.tokens),
});
const lines = (input: ReturnType<typeof situation>) => formatPlan(plan(input), NOW);
const memory = { ...emptyMemory(), pin: pinFor(before) };

describe('always', () => {
  test('asks the registry before containers of another version are made, although the image is there', () => {
    expect(lines(situation(after, running, { memory }))).toEqual(['pull shop:1']);
    const { lanes } = plan(situation(after, running, { memory }));
    expect(lanes).toEqual([
      [{ kind: 'pull', image: 'shop:1', release: 0, made_for: pinFor(after).made_for }],
    ]);
  });

  test('makes all containers of a version from what was pulled for it: also by repairs and scaling', () => {
    const three = { ...before, spec: { ...specOf(before), containers_per: { server: 3 } } };
    const moved = { images: { 'shop:1': 'a newer build', 'id of shop:1': 'id of shop:1' } };
    expect(lines(situation(three, running, { memory, observed: moved }))).toEqual([
      'create web-3 from id of shop:1 → start the new 3',
    ]);
    expect(lines(situation(before, running.slice(1), { memory }))).toEqual([
      'create web-1 from shop:1 → start the new 1',
    ]);
    expect(lines(situation(before, [], { memory: { ...memory, pin: pinFor(after) } }))).toEqual([
      'pull shop:1',
    ]);
  });

  test.each([{ restart: 2 }, { roll: 2 }])('pulls nothing for %j, which is no other version', (wish) => {
    const again = { ...before, revision: 2, tokens: tokens(wish) };
    expect(lines(situation(again, running, { memory })).join()).not.toContain('pull');
    expect(lines(situation(again, running, { memory }))[0]).toContain('create web-1');
  });

  test('pulls once when a release that has failed and another change both ask for it', () => {
    const released = { ...after, tokens: tokens({ release: 5 }) };
    const failed = { key: 'pull shop:1 5', step: 'pull', message: 'no registry', terminal: false } as const;
    const asked = situation(released, running, { memory: afterFailure(memory, failed, NOW - 1000, 0) });
    expect(plan(asked).lanes).toEqual([
      [expect.objectContaining({ kind: 'pull', image: 'shop:1', release: 5 })],
    ]);
  });

  test('keeps what runs when the pull fails', () => {
    const failed = { key: 'pull shop:1 0', step: 'pull', message: 'no registry', terminal: false } as const;
    const input = situation(after, running, { memory: afterFailure(memory, failed, NOW, 0) });
    expect(lines(input)).toEqual(['! pull: no registry (again in 1000 ms)']);
  });

  test('takes the build of what runs when nothing is remembered', () => {
    const [pin, ...rest] = plan(situation(before, running, { memory: emptyMemory() })).lanes.flat();
    expect(rest).toEqual([]);
    expect(pin).toEqual({ kind: 'pin', ...pinFor(before) });
    if (pin?.kind !== 'pin') throw new Error('There is no pin.');
    expect(lines(situation(before, running, { memory: withPin(emptyMemory(), pin) }))).toEqual([]);
  });
});

describe('never', () => {
  const wish = two({ pull_policy: 'never' });

  test('takes what is there, for a release as well', () => {
    const release = { ...wish, tokens: tokens({ release: 4 }) };
    const { lanes } = plan(situation(release, [], { memory: emptyMemory() }));
    expect(lanes).toEqual([[{ kind: 'pin', image: 'shop:1', release: 4, image_id: 'id of shop:1' }]]);
  });

  test('says so when it is not there, keeps what runs and looks again', () => {
    const input = situation(wish, running, {
      memory: emptyMemory(),
      observed: { images: { 'shop:1': null } },
    });
    const other = { ...wish, spec: { ...specOf(wish), env_vars: { A: '2' } } };
    const images = { 'shop:1': null };
    const why =
      '! pull: the image shop:1 is not on this server, and pull_policy is never (again in 30000 ms)';
    expect(lines({ ...input, desired: other })).toEqual([why]);
    expect(lines(situation(wish, [], { memory: emptyMemory(), observed: { images } }))).toEqual([why]);
  });
});

describe('a platform', () => {
  const arm = two({ platform: 'linux/arm64' });
  const pull = { kind: 'pull', image: 'shop:1', release: 0, platform: 'linux/arm64' };
  const there = (platform: string) => ({ platforms: { 'id of shop:1': platform } });

  test('is pulled when the local image is of another, or nobody knows of which, and then never again', () => {
    expect(plan(situation(arm, [], { memory: emptyMemory() })).lanes).toEqual([[pull]]);
    const observed = there('linux/amd64');
    expect(plan(situation(arm, [], { memory: emptyMemory(), observed })).lanes).toEqual([[pull]]);
    expect(plan(situation(arm, [], { observed })).lanes).toEqual([[pull]]);
    const pin = { image: 'shop:1', release: 0, image_id: 'id of shop:1', platform: 'linux/arm64' };
    expect(lines(situation(arm, [], { memory: { ...emptyMemory(), pin }, observed }))[0]).toBe(
      'create web-1 from shop:1 → start the new 1',
    );
  });

  test('that the local image has needs no pull, unless a newer build is asked for', () => {
    const observed = there('linux/arm64/v8');
    const [pin] = plan(situation(arm, [], { memory: emptyMemory(), observed })).lanes.flat();
    expect(pin).toEqual({ ...pull, kind: 'pin', image_id: 'id of shop:1' });
    const released = { ...arm, tokens: tokens({ release: 4 }) };
    expect(lines(situation(released, [], { memory: emptyMemory(), observed }))).toEqual([
      'pull shop:1 for release 4',
    ]);
  });

  test("is the server's when none is given: a tag that was pulled for another is pulled again", () => {
    const memory = emptyMemory();
    expect(lines(situation(two(), [], { memory, observed: there('linux/arm64') }))).toEqual(['pull shop:1']);
    expect(lines(situation(two(), [], { memory, observed: there('linux/amd64') }))).toEqual([
      'pin shop:1 to id of shop:1',
    ]);
  });

  test('that is not there is told with `never`', () => {
    const wish = two({ platform: 'linux/arm64', pull_policy: 'never' });
    const input = situation(wish, running, { memory: emptyMemory(), observed: there('linux/amd64') });
    expect(lines(input)).toEqual([
      '! pull: the image shop:1 on this server is for linux/amd64, not for linux/arm64, and pull_policy is never (again in 30000 ms)',
    ]);
  });
});
