import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ContainerReport } from '@nebula/contracts';
import { admit } from './admission.js';
import { AdmittedWorker, bootNumber, brief, heartbeat, report } from './testing/admitted-worker.js';

const CONTAINER: ContainerReport = {
  ...{ id: '4f2a', name: 'shop-1', replica: 1, state: 'running', health: 'none', image: 'shop:1' },
  ...{ image_id: 'sha256:1', ports: [], restart_count: 0 },
};

let worker: AdmittedWorker;
beforeEach(() => {
  worker = new AdmittedWorker();
});

describe('an app on a worker', () => {
  it('has converged when that was first said of the position, and keeps that time', () => {
    worker.take(report(1, { state: 'converging' }));
    expect(worker.app()).toMatchObject({ converged_at: null });
    worker.take(report(2, { state: 'converged' }));
    const at = worker.now;
    worker.take(report(3, { state: 'failed', last_error: error('start') }));
    expect(worker.app()).toMatchObject({ state: 'failed', error_step: 'start', converged_at: at });
    worker.take(report(4, { state: 'converged' }));
    expect(worker.app()).toMatchObject({ state: 'converged', error_step: null, converged_at: at });
    worker.take(report(5, { state: 'converging', revision: 2 }));
    expect(worker.app()).toMatchObject({ converged_at: null });
    worker.take(report(6, { state: 'converged', revision: 2 }));
    expect(worker.app()).toMatchObject({ converged_at: worker.now });
  });

  it('has how its change is and its images of the newest report, the first until there is another change', () => {
    const update = { state: 'paused', ready: 1, replicas: 2, back_to: null } as const;
    const containers = ['sha256:2', 'sha256:1', 'sha256:2'].map((image_id) => ({ ...CONTAINER, image_id }));
    worker.take(report(1, { state: 'failed', update, containers }));
    const image_ids = ['sha256:1', 'sha256:2'];
    expect(worker.app()).toMatchObject({ update: 'paused', image_ids });
    worker.take(heartbeat(2));
    expect(worker.app()).toMatchObject({ state: 'converged', update: 'paused', image_ids });
    worker.take(heartbeat(3, { apps: [brief('shop', { revision: 2, state: 'converging' })] }));
    expect(worker.app()).toMatchObject({ revision: 2, update: null, image_ids });
    worker.take(report(4, { revision: 2 }));
    expect(worker.app()).toMatchObject({ update: null, image_ids: [] });
  });

  it('keeps the time it took while the position stays', () => {
    worker.take(report(1));
    worker.record = { ...worker.known, apps: worker.known.apps.map((each) => ({ ...each, took_ms: 77 })) };
    worker.take(report(2, { state: 'failed' }));
    expect(worker.app()).toMatchObject({ took_ms: 77 });
    worker.take(report(3, { revision: 2 }));
    expect(worker.app()).toMatchObject({ took_ms: null });
  });

  it('has converged when it did though its worker had no position for a moment', () => {
    worker.take(report(1, { revision: 5 }));
    const at = worker.now;
    worker.record = { ...worker.known, apps: worker.known.apps.map((each) => ({ ...each, took_ms: 77 })) };
    const nothing = { epoch: 0, revision: 0, state: 'converging' } as const;
    worker.take(heartbeat(1, { boot_nonce: 'boot-2', apps: [brief('shop', nothing)] }));
    expect(worker.app()).toMatchObject({ converged_at: null, took_ms: null });
    worker.take(heartbeat(2, { boot_nonce: 'boot-2', apps: [brief('shop', { revision: 5 })] }));
    expect(worker.app()).toMatchObject({ converged_at: at, took_ms: 77 });
    worker.take(report(3, { boot_nonce: 'boot-2', revision: 6 }));
    expect(worker.app()).toMatchObject({
      ...{ converged_at: worker.now, took_ms: null },
      previous: { epoch: 1, revision: 5, converged_at: at, took_ms: 77 },
    });
  });

  it('is known in short from a heartbeat when its report was lost', () => {
    worker.take(report(1, { state: 'failed', last_error: error('pull') }));
    worker.take(heartbeat(3, { apps: [brief('shop', { revision: 2 })] }));
    expect(worker.app()).toMatchObject({
      revision: 2,
      state: 'converged',
      error_step: null,
      converged_at: worker.now,
    });
    worker.take(heartbeat(4, { apps: [brief('shop', { revision: 2, state: 'failed' })] }));
    expect(worker.app()).toMatchObject({ state: 'failed', error_step: null });
  });

  it('that a heartbeat says has failed at another position has no error of the one before', () => {
    worker.take(report(1, { state: 'failed', last_error: error('pull') }));
    worker.take(heartbeat(3, { apps: [brief('shop', { revision: 2, state: 'failed' })] }));
    expect(worker.app()).toMatchObject({ revision: 2, state: 'failed', error_step: null });
    worker.take(report(4, { revision: 2, state: 'failed', last_error: error('start') }));
    worker.take(heartbeat(5, { apps: [brief('shop', { epoch: 2, revision: 2, state: 'failed' })] }));
    expect(worker.app()).toMatchObject({ epoch: 2, state: 'failed', error_step: null });
  });

  it('stays the same object when a heartbeat says nothing new of it', () => {
    worker.take(report(1, { state: 'failed', last_error: error('pull') }));
    const before = worker.app();
    worker.take(heartbeat(2, { apps: [brief('shop', { state: 'failed' }), brief('web')] }));
    expect(worker.app()).toBe(before);
    expect(worker.app('web')).toMatchObject({ app_name: 'web' });
  });

  it('that a heartbeat leaves out is gone, until it is listed again', () => {
    worker.take(heartbeat(1, { apps: [brief('shop'), brief('web')] }));
    const listed = worker.now;
    worker.take(heartbeat(2, { apps: [brief('web')] }));
    expect(worker.known.apps.map(({ app_name }) => app_name)).toEqual(['web']);
    worker.take(heartbeat(3, { apps: [brief('shop'), brief('web')] }));
    expect(worker.app()).toMatchObject({ listed_at: worker.now });
    expect(worker.app('web')).toMatchObject({ listed_at: listed });
  });

  it('is taken from the newest message, in whatever order they come', () => {
    worker.take(heartbeat(1, { apps: [brief('shop'), brief('web')] }));
    // Another api instance was quicker with the report about the other app: this one is no older for it.
    worker.take(report(9, { app_name: 'web', revision: 9 }));
    expect(worker.take(report(8, { revision: 8 }))).toBe('fresh');
    expect(worker.app()).toMatchObject({ revision: 8 });
    expect(worker.take(report(7, { revision: 7 }))).toBe('stale');
    expect(worker.take(report(8, { revision: 7 }))).toBe('stale');
    expect(worker.app()).toMatchObject({ revision: 8 });
    // A late heartbeat knows nothing of what came after it.
    expect(worker.take(heartbeat(5, { apps: [brief('old', { revision: 5 })] }))).toBe('fresh');
    expect(worker.known.apps.map(({ app_name }) => app_name)).toEqual(['old', 'shop', 'web']);
    expect(worker.app()).toMatchObject({ revision: 8 });
    expect(worker.take(heartbeat(4))).toBe('stale');
    expect(worker.app('old')).toMatchObject({ revision: 5 });
  });

  it('is not made to exist by a report that is older than the heartbeat without it', () => {
    worker.take(heartbeat(5, { apps: [] }));
    const admission = admit(worker.record, report(4), worker.now);
    expect(admission).toMatchObject({ verdict: 'stale', report: null });
    expect(admission.record).toBe(worker.record);
  });

  it('is described by a report that a heartbeat has overtaken, but no longer judged by it', () => {
    worker.take(heartbeat(5, { apps: [brief('shop', { revision: 3 })] }));
    const admission = admit(worker.record, report(4, { revision: 2, state: 'failed' }), worker.now);
    expect(admission.report).toMatchObject({ report: { sequence: 4 } });
    expect(admission.record?.apps).toEqual(worker.known.apps);
  });

  describe('whose report a heartbeat has overtaken', () => {
    const containers = [CONTAINER];
    const update = { state: 'paused', ready: 1, replicas: 2, back_to: null } as const;
    const late = { state: 'failed', containers, update, last_error: error('start') } as const;
    const told = { update: 'paused', image_ids: ['sha256:1'], error_step: 'start' };

    it('has from it what no heartbeat says', () => {
      worker.take(heartbeat(5, { apps: [brief('shop', { state: 'failed' })] }));
      expect(worker.take(report(4, late))).toBe('fresh');
      expect(worker.app()).toMatchObject({ state: 'failed', ...told });
    });

    it('has from it what the change to its position is, also after a report of the one before', () => {
      worker.take(report(2));
      worker.take(heartbeat(5, { apps: [brief('shop', { revision: 2, state: 'failed' })] }));
      worker.take(heartbeat(6, { apps: [brief('shop', { revision: 2, state: 'failed' })] }));
      expect(worker.take(report(4, { ...late, revision: 2 }))).toBe('fresh');
      expect(worker.app()).toMatchObject({ state: 'failed', revision: 2, ...told });
      expect(worker.take(report(3, { revision: 2 }))).toBe('stale');
      expect(worker.app()).toMatchObject(told);
    });

    it('keeps what a newer report has said', () => {
      worker.take(report(4, late));
      worker.take(heartbeat(5));
      worker.take(heartbeat(6, { apps: [brief('shop', { state: 'failed' })] }));
      expect(worker.take(report(3))).toBe('stale');
      expect(worker.app()).toMatchObject({ state: 'failed', update: 'paused', image_ids: ['sha256:1'] });
    });

    it('is in the state that the heartbeat has told', () => {
      worker.take(heartbeat(5));
      worker.take(report(4, late));
      expect(worker.app()).toMatchObject({
        ...told,
        state: 'converged',
        error_step: null,
        converged_at: worker.now - 1_000,
      });
    });

    it('has from it what it is after a new start of the worker', () => {
      worker.take(report(9));
      worker.take(heartbeat(3, { boot_nonce: 'boot-2' }));
      worker.take(report(2, { ...late, boot_nonce: 'boot-2', state: 'converged' }));
      expect(worker.app()).toMatchObject({ ...told, boot: bootNumber(2), sequence: 2 });
    });
  });
});

function error(step: string) {
  return { step, message: 'no', at: '2026-01-01T00:00:00.000Z', retry_at: null };
}
