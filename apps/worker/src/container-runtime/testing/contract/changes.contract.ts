import { describe, expect, it } from '@jest/globals';
import { limitsOf, NO_LIMITS } from '../../../reconcile/limits.js';
import { specOf } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

const MIB = 1024 * 1024;
const POLICIES = ['no', 'always', 'unless-stopped', 'on-failure', 'on-failure:4'];
const EVERY = {
  ...{ cpus: 0.5, cpu_shares: 512, cpuset: '0', pids: 50 },
  ...{ memory: '64m', memory_reservation: '32m', memory_swap: '96m' },
};

/** What a container has from its creation, and what can be changed later. */
export function changesContract(bed: ContractBed): void {
  describe('restart policies and limits', () => {
    it('are those of the spec from the start', async () => {
      const { engine } = bed;
      for (const restart_policy of POLICIES) {
        const id = await engine.runtime.create(engine.draft({ spec: specOf({ restart_policy }) }));
        expect(await engine.observed(id)).toMatchObject({ restart_policy, limits: NO_LIMITS });
      }
      const spec = specOf({ resources: EVERY });
      const id = await engine.running({ spec });
      expect((await engine.observed(id)).limits).toEqual(limitsOf(spec));
    }, 60_000);

    it('can be changed where the engine says so, and are else as they were', async () => {
      const { engine, facts } = bed;
      const id = await engine.running({ spec: specOf({ resources: EVERY }) });
      const { started_at, limits } = await engine.observed(id);
      const change = { memory: 128 * MIB, memory_swap: 256 * MIB, pids: 60 };
      const acts = [
        async () => await engine.runtime.setRestartPolicy(id, 'on-failure:3'),
        async () => expect(await engine.runtime.updateLimits(id, change)).toEqual([]),
      ];
      for (const act of acts) {
        if (facts.can_update) await act();
        else await expect(act()).rejects.toMatchObject({ kind: 'unsupported', terminal: true });
      }
      expect(await engine.observed(id)).toMatchObject({
        started_at,
        restart_policy: facts.can_update ? 'on-failure:3' : 'always',
        limits: facts.can_update ? { ...limits, ...change } : limits,
      });
      await expect(engine.runtime.setRestartPolicy('f'.repeat(64), 'no')).rejects.toMatchObject({
        kind: 'missing',
      });
    }, 60_000);
  });
}
