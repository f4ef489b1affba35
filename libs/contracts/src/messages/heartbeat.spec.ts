import { describe, expect, it } from '@jest/globals';
import { parseWorkerMessage, type WorkerHeartbeat, workerMessageKey } from '../index.js';

const HEARTBEAT: WorkerHeartbeat = {
  schema: 1,
  kind: 'heartbeat',
  worker_id: 'w1',
  boot_nonce: 'b1',
  sequence: 4,
  worker: {
    hostname: 'edge-1',
    engine_version: '20.10.24',
    architecture: 'x86_64',
    cores: 8,
    memory_bytes: 2 ** 34,
    worker_version: '3.0.0',
    labels: { rack: '7', 'example.org/zone': 'a=b' },
  },
  apps: [
    { app_name: 'shop', epoch: 1, revision: 7, deleted: false, state: 'converged' },
    { app_name: 'web', epoch: 0, revision: 0, deleted: false, state: 'converging' },
  ],
  interval_seconds: 60,
};

function places(change: object): string[] {
  const result = parseWorkerMessage(JSON.parse(JSON.stringify({ ...HEARTBEAT, ...change })));
  return result.ok ? [] : result.problems.map(({ pointer }) => pointer);
}

describe('a heartbeat', () => {
  it('is taken as it was sent', () => {
    const result = parseWorkerMessage(JSON.parse(JSON.stringify(HEARTBEAT)));
    expect(result).toEqual({ ok: true, value: HEARTBEAT });
  });

  it('of a newer worker is taken without what it added', () => {
    const [app] = HEARTBEAT.apps;
    const newer = { ...HEARTBEAT, schema: 2, load: 3, apps: [{ ...app, since: 4 }] };
    expect(parseWorkerMessage(newer)).toEqual({ ok: true, value: { ...HEARTBEAT, schema: 2, apps: [app] } });
  });

  it.each<[string, object, string[]]>([
    ['apps that are names', { apps: ['shop'] }, ['/apps/0']],
    ['too many apps', { apps: Array.from({ length: 10_001 }, () => HEARTBEAT.apps[0]) }, ['/apps']],
    ['a bad name', { apps: [{ ...HEARTBEAT.apps[0], app_name: 'a b' }] }, ['/apps/0/app_name']],
    ['a bad state', { apps: [{ ...HEARTBEAT.apps[0], state: 'offline' }] }, ['/apps/0/state']],
    ['no interval', { interval_seconds: 0 }, ['/interval_seconds']],
    ['an endless interval', { interval_seconds: 86_401 }, ['/interval_seconds']],
    ['another kind', { kind: 'obituary' }, ['/kind']],
    ['a kind that is none', { kind: ['heartbeat'] }, ['/kind']],
    ['a kind of null', { kind: null }, ['/kind']],
  ])('with %s is refused', (_case, change, expected) => {
    expect(places(change)).toEqual(expected);
  });

  it('that is nothing of the sort is refused as a report', () => {
    for (const input of [null, 5, 'x', [], undefined]) expect(parseWorkerMessage(input).ok).toBe(false);
  });

  it("replaces the worker's last one, and no report", () => {
    const report = { ...HEARTBEAT, kind: 'report', app_name: 'shop' } as unknown as WorkerHeartbeat;
    const keys = [HEARTBEAT, { ...HEARTBEAT, worker_id: 'w2' }, report].map(workerMessageKey);
    expect(new Set(keys).size).toBe(3);
    expect(workerMessageKey({ ...HEARTBEAT, sequence: 9 })).toBe(keys[0]);
  });
});
