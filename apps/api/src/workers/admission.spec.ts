import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AppBrief, ContainerReport, WorkerHeartbeat, WorkerMessage } from '@nebula/contracts';
import type { WorkerRecord } from '../store/fleet-records.js';
import { FACTS, reportOf } from '../store/testing/records.js';
import { admit, type Verdict } from './admission.js';

const MINUTE = 60_000;
const START = 1_700_000_000_000;

const CONTAINER: ContainerReport = {
  ...{ id: '4f2a', name: 'shop-1', replica: 1, state: 'running', health: 'none', image: 'shop:1' },
  ...{ image_id: 'sha256:1', ports: [], restart_count: 0 },
};

let record: WorkerRecord | null;
let now: number;

function take(message: WorkerMessage, after = 1_000): Verdict {
  now += after;
  const admission = admit(record, message, now);
  record = admission.record;
  return admission.verdict;
}

function brief(app_name: string, given: Partial<AppBrief> = {}): AppBrief {
  return { app_name, epoch: 1, revision: 1, deleted: false, state: 'converged', ...given };
}

function heartbeat(sequence: number, given: Partial<WorkerHeartbeat> = {}): WorkerHeartbeat {
  const { schema, worker_id, boot_nonce, worker } = reportOf();
  return {
    ...{ schema, kind: 'heartbeat', worker_id, boot_nonce, worker, sequence },
    ...{ apps: [brief('shop')], interval_seconds: 60 },
    ...given,
  };
}

function report(sequence: number, given: Parameters<typeof reportOf>[0] = {}) {
  return reportOf({ sequence, ...given });
}

function known(): WorkerRecord {
  if (!record) throw new Error('The worker is not known.');
  return record;
}

function app(name = 'shop') {
  return known().apps.find(({ app_name }) => app_name === name);
}

/** The number of a boot that is so far behind the first one of a worker that is not known before its first message. */
function bootNumber(number: number, after = 1_000): number {
  return Math.floor((START + after) / 1_000) + number;
}

beforeEach(() => {
  record = null;
  now = START;
});

describe('what is known of a worker', () => {
  it('comes with its first heartbeat', () => {
    expect(take(heartbeat(3, { apps: [brief('web'), brief('shop', { state: 'failed' })] }))).toBe('fresh');
    expect(record).toEqual({
      worker_id: 'worker-1',
      facts: FACTS,
      interval_seconds: 60,
      apps: [
        {
          ...{ app_name: 'shop', epoch: 1, revision: 1, deleted: false, state: 'failed', error_step: null },
          ...{ listed_at: now, converged_at: null, took_ms: null, previous: null },
          ...{ update: null, image_ids: [], boot: bootNumber(1), sequence: 0 },
        },
        {
          ...{ app_name: 'web', epoch: 1, revision: 1, deleted: false, state: 'converged' },
          ...{ error_step: null, listed_at: now, converged_at: now, took_ms: null, previous: null },
          ...{ update: null, image_ids: [] },
          ...{ boot: bootNumber(1), sequence: 0 },
        },
      ],
      boots: [
        {
          ...{ nonce: 'boot-1', number: bootNumber(1), sequence: 3, lowest: 3, heartbeat: 3, returns: 0 },
          ...{ first_seen_at: now, seen_at: now },
        },
      ],
      first_seen_at: now,
      last_seen_at: now,
      duplicate: null,
      version: 0,
    });
  });

  it('comes with its first report too', () => {
    const admission = admit(null, report(1), now);
    expect(admission.verdict).toBe('fresh');
    expect(admission.report).toEqual({ report: report(1), boot: bootNumber(1, 0), received_at: now });
    expect(admission.record).toMatchObject({ interval_seconds: 60, apps: [{ app_name: 'shop' }] });
  });

  it('is never changed in place', () => {
    take(heartbeat(1));
    const before = structuredClone(known());
    const same = record;
    take(report(2, { state: 'failed', revision: 2 }));
    take(heartbeat(3, { apps: [], boot_nonce: 'boot-2' }));
    expect(same).toEqual(before);
  });

  it('has the facts and the interval of the newest message', () => {
    take(heartbeat(2, { interval_seconds: 10 }));
    take(report(3, { worker: { ...FACTS, cores: 9 } }));
    take(heartbeat(1, { worker: { ...FACTS, cores: 1 }, interval_seconds: 99 }));
    expect(known()).toMatchObject({ facts: { cores: 9 }, interval_seconds: 10 });
  });

  it('is seen with every message, and never earlier than before', () => {
    take(heartbeat(1));
    const first = now;
    take(heartbeat(2), 5_000);
    expect(known()).toMatchObject({ first_seen_at: first, last_seen_at: first + 5_000 });
    take(heartbeat(3), -3_000);
    expect(known().last_seen_at).toBe(first + 5_000);
  });

  it('is seen at the time that there is when the one that was noted is of a clock that was wrong', () => {
    take(heartbeat(1), 86_400_000);
    take(heartbeat(2), -86_000_000);
    expect(known().last_seen_at).toBe(now);
  });
});

describe('an app on a worker', () => {
  it('has converged when that was first said of the position, and keeps that time', () => {
    take(report(1, { state: 'converging' }));
    expect(app()).toMatchObject({ converged_at: null });
    take(report(2, { state: 'converged' }));
    const at = now;
    take(report(3, { state: 'failed', last_error: error('start') }));
    expect(app()).toMatchObject({ state: 'failed', error_step: 'start', converged_at: at });
    take(report(4, { state: 'converged' }));
    expect(app()).toMatchObject({ state: 'converged', error_step: null, converged_at: at });
    take(report(5, { state: 'converging', revision: 2 }));
    expect(app()).toMatchObject({ converged_at: null });
    take(report(6, { state: 'converged', revision: 2 }));
    expect(app()).toMatchObject({ converged_at: now });
  });

  it('has how its change is and its images of the newest report, the first until there is another change', () => {
    const update = { state: 'paused', ready: 1, replicas: 2, back_to: null } as const;
    const containers = ['sha256:2', 'sha256:1', 'sha256:2'].map((image_id) => ({ ...CONTAINER, image_id }));
    take(report(1, { state: 'failed', update, containers }));
    const image_ids = ['sha256:1', 'sha256:2'];
    expect(app()).toMatchObject({ update: 'paused', image_ids });
    take(heartbeat(2));
    expect(app()).toMatchObject({ state: 'converged', update: 'paused', image_ids });
    take(heartbeat(3, { apps: [brief('shop', { revision: 2, state: 'converging' })] }));
    expect(app()).toMatchObject({ revision: 2, update: null, image_ids });
    take(report(4, { revision: 2 }));
    expect(app()).toMatchObject({ update: null, image_ids: [] });
  });

  it('keeps the time it took while the position stays', () => {
    take(report(1));
    record = { ...known(), apps: known().apps.map((each) => ({ ...each, took_ms: 77 })) };
    take(report(2, { state: 'failed' }));
    expect(app()).toMatchObject({ took_ms: 77 });
    take(report(3, { revision: 2 }));
    expect(app()).toMatchObject({ took_ms: null });
  });

  it('has converged when it did though its worker had no position for a moment', () => {
    take(report(1, { revision: 5 }));
    const at = now;
    record = { ...known(), apps: known().apps.map((each) => ({ ...each, took_ms: 77 })) };
    const nothing = { epoch: 0, revision: 0, state: 'converging' } as const;
    take(heartbeat(1, { boot_nonce: 'boot-2', apps: [brief('shop', nothing)] }));
    expect(app()).toMatchObject({ converged_at: null, took_ms: null });
    take(heartbeat(2, { boot_nonce: 'boot-2', apps: [brief('shop', { revision: 5 })] }));
    expect(app()).toMatchObject({ converged_at: at, took_ms: 77 });
    take(report(3, { boot_nonce: 'boot-2', revision: 6 }));
    expect(app()).toMatchObject({
      ...{ converged_at: now, took_ms: null },
      previous: { epoch: 1, revision: 5, converged_at: at, took_ms: 77 },
    });
  });

  it('is known in short from a heartbeat when its report was lost', () => {
    take(report(1, { state: 'failed', last_error: error('pull') }));
    take(heartbeat(3, { apps: [brief('shop', { revision: 2 })] }));
    expect(app()).toMatchObject({ revision: 2, state: 'converged', error_step: null, converged_at: now });
    take(heartbeat(4, { apps: [brief('shop', { revision: 2, state: 'failed' })] }));
    expect(app()).toMatchObject({ state: 'failed', error_step: null });
  });

  it('stays the same object when a heartbeat says nothing new of it', () => {
    take(report(1, { state: 'failed', last_error: error('pull') }));
    const before = app();
    take(heartbeat(2, { apps: [brief('shop', { state: 'failed' }), brief('web')] }));
    expect(app()).toBe(before);
    expect(app('web')).toMatchObject({ app_name: 'web' });
  });

  it('that a heartbeat leaves out is gone, until it is listed again', () => {
    take(heartbeat(1, { apps: [brief('shop'), brief('web')] }));
    const listed = now;
    take(heartbeat(2, { apps: [brief('web')] }));
    expect(known().apps.map(({ app_name }) => app_name)).toEqual(['web']);
    take(heartbeat(3, { apps: [brief('shop'), brief('web')] }));
    expect(app()).toMatchObject({ listed_at: now });
    expect(app('web')).toMatchObject({ listed_at: listed });
  });

  it('is taken from the newest message, in whatever order they come', () => {
    take(heartbeat(1, { apps: [brief('shop'), brief('web')] }));
    // Another api instance was quicker with the report about the other app: this one is no older for it.
    take(report(9, { app_name: 'web', revision: 9 }));
    expect(take(report(8, { revision: 8 }))).toBe('fresh');
    expect(app()).toMatchObject({ revision: 8 });
    expect(take(report(7, { revision: 7 }))).toBe('stale');
    expect(take(report(8, { revision: 7 }))).toBe('stale');
    expect(app()).toMatchObject({ revision: 8 });
    // A late heartbeat knows nothing of what came after it.
    expect(take(heartbeat(5, { apps: [brief('old', { revision: 5 })] }))).toBe('fresh');
    expect(known().apps.map(({ app_name }) => app_name)).toEqual(['old', 'shop', 'web']);
    expect(app()).toMatchObject({ revision: 8 });
    expect(take(heartbeat(4))).toBe('stale');
    expect(app('old')).toMatchObject({ revision: 5 });
  });

  it('is not made to exist by a report that is older than the heartbeat without it', () => {
    take(heartbeat(5, { apps: [] }));
    const admission = admit(record, report(4), now);
    expect(admission).toMatchObject({ verdict: 'stale', report: null });
    expect(admission.record).toBe(record);
  });

  it('is described by a report that a heartbeat has overtaken, but no longer judged by it', () => {
    take(heartbeat(5, { apps: [brief('shop', { revision: 3 })] }));
    const admission = admit(record, report(4, { revision: 2, state: 'failed' }), now);
    expect(admission.report).toMatchObject({ report: { sequence: 4 } });
    expect(admission.record?.apps).toEqual(known().apps);
  });

  describe('whose report a heartbeat has overtaken', () => {
    const containers = [CONTAINER];
    const update = { state: 'paused', ready: 1, replicas: 2, back_to: null } as const;
    const late = { state: 'failed', containers, update, last_error: error('start') } as const;
    const told = { update: 'paused', image_ids: ['sha256:1'], error_step: 'start' };

    it('has from it what no heartbeat says', () => {
      take(heartbeat(5, { apps: [brief('shop', { state: 'failed' })] }));
      expect(take(report(4, late))).toBe('fresh');
      expect(app()).toMatchObject({ state: 'failed', ...told });
    });

    it('has from it what the change to its position is, also after a report of the one before', () => {
      take(report(2));
      take(heartbeat(5, { apps: [brief('shop', { revision: 2, state: 'failed' })] }));
      take(heartbeat(6, { apps: [brief('shop', { revision: 2, state: 'failed' })] }));
      expect(take(report(4, { ...late, revision: 2 }))).toBe('fresh');
      expect(app()).toMatchObject({ state: 'failed', revision: 2, ...told });
      expect(take(report(3, { revision: 2 }))).toBe('stale');
      expect(app()).toMatchObject(told);
    });

    it('keeps what a newer report has said', () => {
      take(report(4, late));
      take(heartbeat(5));
      take(heartbeat(6, { apps: [brief('shop', { state: 'failed' })] }));
      expect(take(report(3))).toBe('stale');
      expect(app()).toMatchObject({ state: 'failed', update: 'paused', image_ids: ['sha256:1'] });
    });

    it('is in the state that the heartbeat has told', () => {
      take(heartbeat(5));
      take(report(4, late));
      expect(app()).toMatchObject({
        ...told,
        state: 'converged',
        error_step: null,
        converged_at: now - 1_000,
      });
    });

    it('has from it what it is after a new start of the worker', () => {
      take(report(9));
      take(heartbeat(3, { boot_nonce: 'boot-2' }));
      take(report(2, { ...late, boot_nonce: 'boot-2', state: 'converged' }));
      expect(app()).toMatchObject({ ...told, boot: bootNumber(2), sequence: 2 });
    });
  });
});

describe('boots of a worker', () => {
  it('follow each other, however low a new one counts', () => {
    take(heartbeat(900, { apps: [brief('shop', { revision: 9 })] }));
    expect(take(heartbeat(1, { boot_nonce: 'boot-2', apps: [brief('shop', { revision: 8 })] }))).toBe(
      'fresh',
    );
    expect(app()).toMatchObject({ revision: 8, boot: bootNumber(2), sequence: 0 });
    expect(known().boots.map(({ nonce, number }) => [nonce, number])).toEqual([
      ['boot-2', bootNumber(2)],
      ['boot-1', bootNumber(1)],
    ]);
  });

  it('late messages of an older one are stale and no sign of two workers', () => {
    take(heartbeat(10));
    take(heartbeat(1, { boot_nonce: 'boot-2' }));
    for (const sequence of [11, 12, 13, 9]) {
      expect(take(report(sequence, { revision: 5 }), 100)).toBe('stale');
    }
    expect(app()).toMatchObject({ revision: 1 });
    expect(known().duplicate).toBeNull();
    // Nor is one that was delivered twice, however late.
    for (let times = 0; times < 5; times += 1) expect(take(report(13), MINUTE / 2)).toBe('stale');
    expect(known().duplicate).toBeNull();
  });

  it('that take turns are two workers with one id, which is noted until it ends', () => {
    take(heartbeat(10));
    take(heartbeat(1, { boot_nonce: 'boot-2' }), MINUTE / 2);
    expect(take(heartbeat(11), MINUTE / 2)).toBe('stale');
    take(heartbeat(2, { boot_nonce: 'boot-2' }), MINUTE / 2);
    expect(known().duplicate).toBeNull();
    expect(take(heartbeat(12, { apps: [] }), MINUTE / 2)).toBe('duplicate');
    const since = now;
    expect(known().duplicate).toEqual({ since, seen_at: since });
    // The one that was started last counts.
    expect(app()).toMatchObject({ app_name: 'shop' });
    take(heartbeat(3, { boot_nonce: 'boot-2' }), MINUTE / 2);
    take(heartbeat(13), MINUTE / 2);
    expect(known().duplicate).toEqual({ since, seen_at: now });
    for (let sequence = 4; sequence < 9; sequence += 1) {
      take(heartbeat(sequence, { boot_nonce: 'boot-2' }), MINUTE);
      expect(known().duplicate).not.toBeNull();
    }
    take(heartbeat(9, { boot_nonce: 'boot-2' }), MINUTE);
    expect(known().duplicate).toBeNull();
  });

  it('of two workers the one that is left counts, whichever was first', () => {
    take(heartbeat(10));
    take(heartbeat(1, { boot_nonce: 'boot-2' }), MINUTE / 2);
    for (const sequence of [11, 12, 13]) {
      take(heartbeat(sequence, { apps: [brief('shop', { revision: sequence })] }), MINUTE - 1_000);
      expect(app()).toMatchObject({ revision: 1 });
    }
    expect(take(heartbeat(14, { apps: [brief('shop', { revision: 14 })] }), MINUTE)).toBe('fresh');
    expect(app()).toMatchObject({ revision: 14, boot: bootNumber(3) });
    expect(known()).toMatchObject({
      last_seen_at: now,
      boots: [{ nonce: 'boot-1', number: bootNumber(3) }, { number: bootNumber(2) }],
    });
  });

  it('a machine put back to an older memory is heard again after a while', () => {
    take(heartbeat(500));
    expect(take(heartbeat(100, { apps: [brief('shop', { revision: 2 })] }), MINUTE)).toBe('stale');
    take(heartbeat(101), MINUTE);
    expect(take(heartbeat(102, { apps: [brief('shop', { revision: 2 })] }), MINUTE)).toBe('fresh');
    expect(app()).toMatchObject({ revision: 2, boot: bootNumber(2), sequence: 0 });
    expect(take(heartbeat(103), MINUTE)).toBe('fresh');
  });

  it.each([3, 4, 5, 6, 7, 16, 50, 300])(
    '%i that take turns are noted soon, and for as long as they do',
    (clones) => {
      for (let round = 1; round <= 8; round += 1) {
        for (let clone = 0; clone < clones; clone += 1) {
          // In another order each time.
          const boot_nonce = `clone-${(clone * 11 + round * round) % clones}`;
          take(heartbeat(round, { boot_nonce }), MINUTE / clones);
        }
        if (round > 2) expect(known().duplicate).not.toBeNull();
      }
      expect(known().boots.length).toBeLessThanOrEqual(4);
      // One is left.
      for (let sequence = 9; sequence < 25; sequence += 1) {
        take(heartbeat(sequence, { boot_nonce: 'clone-1' }), MINUTE);
      }
      expect(known().duplicate).toBeNull();
    },
  );

  it('of a worker that ends soon after each of its starts are no sign of two workers', () => {
    for (let boot = 1; boot <= 60; boot += 1) {
      const boot_nonce = `boot-${boot}`;
      // Two instances of the api have taken them, and were not equally quick.
      take(report(2, { boot_nonce }), 3_000);
      take(heartbeat(1, { boot_nonce }), 10);
      take(report(3, { boot_nonce }), 3_000);
      expect(known().duplicate).toBeNull();
    }
  });

  it('only a few are remembered', () => {
    for (let boot = 1; boot <= 9; boot += 1) take(heartbeat(1, { boot_nonce: `boot-${boot}` }));
    expect(known().boots.map(({ number }) => number)).toEqual(
      [9, 8, 7, 6].map((number) => bootNumber(number)),
    );
  });
});

function error(step: string) {
  return { step, message: 'no', at: '2026-01-01T00:00:00.000Z', retry_at: null };
}
