import { describe, expect, test } from '@jest/globals';
import { NO_TOKENS } from '@nebula/contracts';
import { containerKey } from './failure-key.js';
import { formatPlan } from './format-plan.js';
import type { Failure } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import { desiredApp, NOW, rightContainer, situation, specOf, tokens } from './testing/builders.js';
import { after, fresh, judged, look, old } from './testing/updates.js';

const wished = { ...desiredApp({ containers_per: { server: 1 } }), tokens: { ...NO_TOKENS, prune: 7 } };
const failure = {
  ...{ step: 'prune' as const, message: 'the images can not be listed', attempts: 1, terminal: false },
  ...{ failed_at: NOW - 1_000, retry_at: NOW + 4_000 },
};

function linesAt(now: number): string[] {
  const input = situation(wished, [rightContainer(wished, 1)]);
  const memory = { ...input.memory, failures: { 'prune 7': failure } };
  return formatPlan(plan({ ...input, memory, now }), now);
}

test('a prune that has failed waits for its time, and is a problem meanwhile', () => {
  expect(linesAt(NOW)).toEqual([expect.stringMatching(/^! prune: the images can not be listed/)]);
});

test('it is tried again when its time has come, and stays a problem until it has succeeded', () => {
  expect(linesAt(failure.retry_at)).toEqual([
    expect.stringMatching(/^prune/),
    expect.stringMatching(/^! prune: the images can not be listed/),
  ]);
});

/** An app that is forbidden here, whose containers are of another version. */
const forbidden = { ...desiredApp({ privileged: true }), tokens: tokens({ prune: 7 }) };
const ended = (replica: number, more: Partial<ObservedContainer> = {}) =>
  rightContainer(forbidden, replica, { fingerprint: 'v1:before', state: 'exited', ...more });

function prunedOf(
  containers: ObservedContainer[],
  memory: { good?: 'of two'; prune?: number; failures?: Record<string, Failure> } = {},
): string[] {
  const input = situation(forbidden, containers, { policy: { privileged: false } });
  const spec = specOf(desiredApp({ containers_per: { server: 2 } }));
  const good = memory.good ? { revision: 0, spec, tokens: NO_TOKENS, pin: null } : null;
  const { prune = 0, failures = {} } = memory;
  return formatPlan(plan({ ...input, memory: { ...input.memory, good, prune, failures } }), NOW).filter(
    (line) => !line.startsWith('! plan: worker_policy'),
  );
}

describe('a prune of an app that is forbidden here', () => {
  test('leaves one of each replica that the last good version had', () => {
    const containers = [ended(1), ended(2), ended(2, { id: 'old', name: 'web-2.old' }), ended(3)];
    expect(prunedOf(containers, { good: 'of two' })).toEqual(['remove old → remove c3 → prune images']);
  });

  test('leaves one of every replica when no good version is known', () => {
    const containers = [ended(1), ended(2), ended(2, { id: 'old', name: 'web-2.old' }), ended(3)];
    expect(prunedOf(containers)).toEqual(['remove old → prune images']);
  });

  const busy: Failure = {
    ...{ step: 'remove', message: 'device or resource busy', attempts: 1, terminal: false },
    ...{ failed_at: NOW - 1_000, retry_at: NOW + 4_000 },
  };
  const stuck = ended(7, { id: 'stuck', fingerprint: 'v1:stuck' });
  const failing = { good: 'of two' as const, failures: { [containerKey('remove', 7, 'v1:stuck')]: busy } };

  test('goes on without one that could not be removed, which is a problem', () => {
    expect(prunedOf([ended(1), stuck, ended(8)], failing)).toEqual([
      'remove c8 → prune images',
      expect.stringMatching(/^! remove: device or resource busy \(again in 4000 ms\)/),
    ]);
  });

  test('waits with that one after the images are pruned, and then prunes them once more', () => {
    const done = { ...failing, prune: 7 };
    expect(prunedOf([ended(1), stuck], done)).toEqual([
      expect.stringMatching(/^! remove: device or resource busy \(again in 4000 ms\)/),
    ]);
    const due = { [containerKey('remove', 7, 'v1:stuck')]: { ...busy, retry_at: NOW } };
    expect(prunedOf([ended(1), stuck, ended(8)], { ...done, failures: due })).toEqual([
      'remove stuck → prune images',
      expect.stringMatching(/^! remove: device or resource busy/),
    ]);
    expect(prunedOf([ended(1), ended(8)], { ...done, failures: {} })).toEqual([]);
  });

  test('is tried again when only the images after such a one could not be pruned', () => {
    const failures = { 'prune 7': { ...failure, retry_at: NOW } };
    expect(prunedOf([ended(1)], { good: 'of two', prune: 7, failures })[0]).toBe('prune images');
  });
});

describe('a prune of an app whose update is paused', () => {
  const wish = { ...after, tokens: tokens({ prune: 3 }) };
  const containers = [
    fresh(1, { health: 'unhealthy' }, wish),
    old(2),
    old(2, { id: 'left', name: 'web-2.old', state: 'exited' }),
    old(3, { state: 'exited', restart_policy: 'no' }),
    old(4),
  ];

  test('removes what has ended beside a replica that is kept as it is, as no good version is known', () => {
    const { lines } = look(wish, containers, { ...judged(wish), good: null });
    expect(lines.filter((line) => line.includes('remove'))).toEqual(['remove left → prune images']);
    expect(look(after, containers, { ...judged(after), good: null }).lines.join()).not.toContain('remove');
  });

  test('has nothing of that to do with a good one, beside which nothing stays', () => {
    const { lines } = look(wish, containers, judged(wish));
    expect(lines).toEqual(expect.arrayContaining(['remove left', 'prune images']));
  });

  test('removes it also in the moment of the verdict', () => {
    const { lanes, lines } = look(wish, containers, { ...judged(wish), verdict: null, good: null });
    expect(lanes[0]).toBe('judge');
    expect(lines).toContain('remove left → prune images');
  });
});

describe('a disk that is too full', () => {
  const containers = [ended(1), ended(2), ended(2, { id: 'old', name: 'web-2.old' }), ended(3)];
  const spec = specOf(desiredApp({ containers_per: { server: 2 } }));
  const good = { revision: 0, spec, tokens: NO_TOKENS, pin: null };

  function lines(prune: number, disk_short: boolean, failures: Record<string, Failure> = {}): string[] {
    const wish = { ...forbidden, tokens: tokens({ prune }) };
    const input = situation(wish, containers, { policy: { privileged: false } });
    const memory = { ...input.memory, good, prune, failures };
    return formatPlan(plan({ ...input, memory, disk_short }), NOW).filter(
      (line) => !line.startsWith('! plan: worker_policy'),
    );
  }

  test.each([
    ['one that was never pruned', 0],
    ['one that was pruned before', 7],
  ])(
    'takes what a prune takes of the containers of %s, and leaves the images to whoever sees the disk',
    (_which, prune) => {
      expect(lines(prune, true)).toEqual(['remove old → remove c3']);
      expect(lines(prune, false)).toEqual([]);
    },
  );

  test('does not have all images pruned after a container of an earlier prune that could not be removed', () => {
    const busy = {
      ...{ step: 'remove' as const, message: 'busy', attempts: 1, terminal: false },
      ...{ failed_at: NOW - 5_000, retry_at: NOW - 1 },
    };
    const failures = { [containerKey('remove', 3, 'v1:before')]: busy };
    expect(lines(7, true, failures)[0]).toBe('remove old → remove c3');
    expect(lines(7, false, failures)[0]).toBe('remove c3 → prune images');
  });

  test('is no reason to try again at once what could not be removed', () => {
    const busy = {
      ...{ step: 'remove' as const, message: 'busy', attempts: 1, terminal: false },
      ...{ failed_at: NOW - 1_000, retry_at: NOW + 4_000 },
    };
    const failures = { [containerKey('remove', 3, 'v1:before')]: busy };
    const found = lines(0, true, failures);
    expect(found).toEqual(['remove old', expect.stringMatching(/^! remove: busy \(again in 4000 ms\)/)]);
  });
});
