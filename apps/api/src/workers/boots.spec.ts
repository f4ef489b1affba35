import { beforeEach, describe, expect, it } from '@jest/globals';
import { AdmittedWorker, bootNumber, brief, heartbeat, report } from './testing/admitted-worker.js';

const MINUTE = 60_000;

let worker: AdmittedWorker;
beforeEach(() => {
  worker = new AdmittedWorker();
});

describe('boots of a worker', () => {
  it('follow each other, however low a new one counts', () => {
    worker.take(heartbeat(900, { apps: [brief('shop', { revision: 9 })] }));
    expect(worker.take(heartbeat(1, { boot_nonce: 'boot-2', apps: [brief('shop', { revision: 8 })] }))).toBe(
      'fresh',
    );
    expect(worker.app()).toMatchObject({ revision: 8, boot: bootNumber(2), sequence: 0 });
    expect(worker.known.boots.map(({ nonce, number }) => [nonce, number])).toEqual([
      ['boot-2', bootNumber(2)],
      ['boot-1', bootNumber(1)],
    ]);
  });

  it('late messages of an older one are stale and no sign of two workers', () => {
    worker.take(heartbeat(10));
    worker.take(heartbeat(1, { boot_nonce: 'boot-2' }));
    for (const sequence of [11, 12, 13, 9]) {
      expect(worker.take(report(sequence, { revision: 5 }), 100)).toBe('stale');
    }
    expect(worker.app()).toMatchObject({ revision: 1 });
    expect(worker.known.duplicate).toBeNull();
    // Nor is one that was delivered twice, however late.
    for (let times = 0; times < 5; times += 1) expect(worker.take(report(13), MINUTE / 2)).toBe('stale');
    expect(worker.known.duplicate).toBeNull();
  });

  it('that take turns are two workers with one id, which is noted until it ends', () => {
    worker.take(heartbeat(10));
    worker.take(heartbeat(1, { boot_nonce: 'boot-2' }), MINUTE / 2);
    expect(worker.take(heartbeat(11), MINUTE / 2)).toBe('stale');
    worker.take(heartbeat(2, { boot_nonce: 'boot-2' }), MINUTE / 2);
    expect(worker.known.duplicate).toBeNull();
    expect(worker.take(heartbeat(12, { apps: [] }), MINUTE / 2)).toBe('duplicate');
    const since = worker.now;
    expect(worker.known.duplicate).toEqual({ since, seen_at: since });
    // The one that was started last counts.
    expect(worker.app()).toMatchObject({ app_name: 'shop' });
    worker.take(heartbeat(3, { boot_nonce: 'boot-2' }), MINUTE / 2);
    worker.take(heartbeat(13), MINUTE / 2);
    expect(worker.known.duplicate).toEqual({ since, seen_at: worker.now });
    for (let sequence = 4; sequence < 9; sequence += 1) {
      worker.take(heartbeat(sequence, { boot_nonce: 'boot-2' }), MINUTE);
      expect(worker.known.duplicate).not.toBeNull();
    }
    worker.take(heartbeat(9, { boot_nonce: 'boot-2' }), MINUTE);
    expect(worker.known.duplicate).toBeNull();
  });

  it('of two workers the one that is left counts, whichever was first', () => {
    worker.take(heartbeat(10));
    worker.take(heartbeat(1, { boot_nonce: 'boot-2' }), MINUTE / 2);
    for (const sequence of [11, 12, 13]) {
      worker.take(heartbeat(sequence, { apps: [brief('shop', { revision: sequence })] }), MINUTE - 1_000);
      expect(worker.app()).toMatchObject({ revision: 1 });
    }
    expect(worker.take(heartbeat(14, { apps: [brief('shop', { revision: 14 })] }), MINUTE)).toBe('fresh');
    expect(worker.app()).toMatchObject({ revision: 14, boot: bootNumber(3) });
    expect(worker.known).toMatchObject({
      last_seen_at: worker.now,
      boots: [{ nonce: 'boot-1', number: bootNumber(3) }, { number: bootNumber(2) }],
    });
  });

  it('a machine put back to an older memory is heard again after a while', () => {
    worker.take(heartbeat(500));
    expect(worker.take(heartbeat(100, { apps: [brief('shop', { revision: 2 })] }), MINUTE)).toBe('stale');
    worker.take(heartbeat(101), MINUTE);
    expect(worker.take(heartbeat(102, { apps: [brief('shop', { revision: 2 })] }), MINUTE)).toBe('fresh');
    expect(worker.app()).toMatchObject({ revision: 2, boot: bootNumber(2), sequence: 0 });
    expect(worker.take(heartbeat(103), MINUTE)).toBe('fresh');
  });

  it.each([3, 4, 5, 6, 7, 16, 50, 300])(
    '%i that take turns are noted soon, and for as long as they do',
    (clones) => {
      for (let round = 1; round <= 8; round += 1) {
        for (let clone = 0; clone < clones; clone += 1) {
          // In another order each time.
          const boot_nonce = `clone-${(clone * 11 + round * round) % clones}`;
          worker.take(heartbeat(round, { boot_nonce }), MINUTE / clones);
        }
        if (round > 2) expect(worker.known.duplicate).not.toBeNull();
      }
      expect(worker.known.boots.length).toBeLessThanOrEqual(4);
      // One is left.
      for (let sequence = 9; sequence < 25; sequence += 1) {
        worker.take(heartbeat(sequence, { boot_nonce: 'clone-1' }), MINUTE);
      }
      expect(worker.known.duplicate).toBeNull();
    },
  );

  it('of a worker that ends soon after each of its starts are no sign of two workers', () => {
    for (let boot = 1; boot <= 60; boot += 1) {
      const boot_nonce = `boot-${boot}`;
      // Two instances of the api have taken them, and were not equally quick.
      worker.take(report(2, { boot_nonce }), 3_000);
      worker.take(heartbeat(1, { boot_nonce }), 10);
      worker.take(report(3, { boot_nonce }), 3_000);
      expect(worker.known.duplicate).toBeNull();
    }
  });

  it('only a few are remembered', () => {
    for (let boot = 1; boot <= 9; boot += 1) worker.take(heartbeat(1, { boot_nonce: `boot-${boot}` }));
    expect(worker.known.boots.map(({ number }) => number)).toEqual(
      [9, 8, 7, 6].map((number) => bootNumber(number)),
    );
  });
});
