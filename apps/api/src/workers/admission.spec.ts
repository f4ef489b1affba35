import { beforeEach, describe, expect, it } from '@jest/globals';
import { FACTS } from '../store/testing/records.js';
import { admit } from './admission.js';
import { AdmittedWorker, bootNumber, brief, heartbeat, report } from './testing/admitted-worker.js';

let worker: AdmittedWorker;
beforeEach(() => {
  worker = new AdmittedWorker();
});

describe('what is known of a worker', () => {
  it('comes with its first heartbeat', () => {
    expect(worker.take(heartbeat(3, { apps: [brief('web'), brief('shop', { state: 'failed' })] }))).toBe(
      'fresh',
    );
    expect(worker.record).toEqual({
      worker_id: 'worker-1',
      facts: FACTS,
      interval_seconds: 60,
      apps: [
        {
          ...{ app_name: 'shop', epoch: 1, revision: 1, deleted: false, state: 'failed', error_step: null },
          ...{ listed_at: worker.now, converged_at: null, took_ms: null, previous: null },
          ...{ update: null, image_ids: [], boot: bootNumber(1), sequence: 0 },
        },
        {
          ...{ app_name: 'web', epoch: 1, revision: 1, deleted: false, state: 'converged' },
          ...{
            error_step: null,
            listed_at: worker.now,
            converged_at: worker.now,
            took_ms: null,
            previous: null,
          },
          ...{ update: null, image_ids: [] },
          ...{ boot: bootNumber(1), sequence: 0 },
        },
      ],
      boots: [
        {
          ...{ nonce: 'boot-1', number: bootNumber(1), sequence: 3, lowest: 3, heartbeat: 3, returns: 0 },
          ...{ first_seen_at: worker.now, seen_at: worker.now },
        },
      ],
      first_seen_at: worker.now,
      last_seen_at: worker.now,
      duplicate: null,
      version: 0,
    });
  });

  it('comes with its first report too', () => {
    const admission = admit(null, report(1), worker.now);
    expect(admission.verdict).toBe('fresh');
    expect(admission.report).toEqual({ report: report(1), boot: bootNumber(1, 0), received_at: worker.now });
    expect(admission.record).toMatchObject({ interval_seconds: 60, apps: [{ app_name: 'shop' }] });
  });

  it('is never changed in place', () => {
    worker.take(heartbeat(1));
    const before = structuredClone(worker.known);
    const same = worker.record;
    worker.take(report(2, { state: 'failed', revision: 2 }));
    worker.take(heartbeat(3, { apps: [], boot_nonce: 'boot-2' }));
    expect(same).toEqual(before);
  });

  it('has the facts and the interval of the newest message', () => {
    worker.take(heartbeat(2, { interval_seconds: 10 }));
    worker.take(report(3, { worker: { ...FACTS, cores: 9 } }));
    worker.take(heartbeat(1, { worker: { ...FACTS, cores: 1 }, interval_seconds: 99 }));
    expect(worker.known).toMatchObject({ facts: { cores: 9 }, interval_seconds: 10 });
  });

  it('is seen with every message, and never earlier than before', () => {
    worker.take(heartbeat(1));
    const first = worker.now;
    worker.take(heartbeat(2), 5_000);
    expect(worker.known).toMatchObject({ first_seen_at: first, last_seen_at: first + 5_000 });
    worker.take(heartbeat(3), -3_000);
    expect(worker.known.last_seen_at).toBe(first + 5_000);
  });

  it('is seen at the time that there is when the one that was noted is of a clock that was wrong', () => {
    worker.take(heartbeat(1), 86_400_000);
    worker.take(heartbeat(2), -86_000_000);
    expect(worker.known.last_seen_at).toBe(worker.now);
  });
});
