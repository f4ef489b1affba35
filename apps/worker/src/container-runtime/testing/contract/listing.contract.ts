import { describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK, LABELS } from '@nebula/contracts';
import { NO_LIMITS } from '../../../reconcile/limits.js';
import { EngineUnderTest } from '../engine-under-test.js';
import { eventually } from '../eventually.js';
import { specOf, TEST_IMAGE } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

/** What is told of containers. */
export function listingContract(bed: ContractBed): void {
  describe('the list of containers', () => {
    it('describes a container of ours', async () => {
      const before = Date.now();
      const ports = [
        { host_port: bed.engine.port(), container_port: 8080 },
        { host_port: bed.engine.port(), container_port: 443 },
      ];
      const draft = bed.engine.draft({
        replica: 12,
        fingerprint: 'v1:abc',
        ports,
        spec: specOf({ app_name: 'a.b', health_check: 'none' }),
      });
      const id = await bed.engine.runtime.create(draft);
      await bed.engine.runtime.start(id);
      const observed = await bed.engine.observed(id);
      expect(observed).toEqual({
        id,
        name: draft.name,
        app_name: 'a.b',
        replica: 12,
        fingerprint: 'v1:abc',
        state: 'running',
        health: 'none',
        // Podman puts a registry before it.
        image: expect.stringContaining(TEST_IMAGE),
        image_id: await bed.engine.runtime.imageId(TEST_IMAGE),
        ports,
        networks: [DEFAULT_NETWORK],
        // Its own short id.
        aliases: { [DEFAULT_NETWORK]: [expect.stringMatching(/^[0-9a-f]{12}$/)] },
        network_mode: expect.any(String),
        restart_count: 0,
        restart_policy: 'always',
        limits: NO_LIMITS,
        stop_grace_seconds: 10,
        hooks: {},
        exit_code: 0,
        error: '',
        created_at: expect.any(Number),
        started_at: expect.any(Number),
      });
      expect(Math.abs(observed.created_at - before)).toBeLessThan(60_000);
      await bed.engine.runtime.remove(id);
    }, 60_000);

    it('counts restarts, and knows how a run has ended', async () => {
      const id = await bed.engine.running({ spec: specOf({ command: ['sh', '-c', 'exit 3'] }) });
      await eventually(async () => {
        const { restart_count, exit_code } = await bed.engine.observed(id);
        expect(restart_count).toBeGreaterThan(1);
        expect(exit_code).toBe(3);
      });
    }, 60_000);

    it('has only the names of containers that are not ours', async () => {
      const own = await bed.engine.running();
      const other = new EngineUnderTest(bed.engine.host);
      const others = await other.running();
      const unlabelled = `${bed.engine.prefix}-unlabelled`;
      await bed.engine.foreign(unlabelled, { app_name: 'shop', [LABELS.app]: 'shop' });
      const scopeAlone = `${bed.engine.prefix}-scope-alone`;
      await bed.engine.foreign(scopeAlone, { [LABELS.scope]: bed.engine.scope });

      const listing = await bed.engine.runtime.list(bed.engine.scope);
      const ids = listing.own.map(({ id }) => id);
      expect(ids).toContain(own);
      expect(ids).not.toContain(others);
      expect(listing.foreign_names).toEqual(
        expect.arrayContaining([unlabelled, scopeAlone, (await other.observed(others)).name]),
      );
      expect(listing.foreign_names).not.toContain((await bed.engine.observed(own)).name);
      await other.close();
    }, 60_000);

    it('of one app has the names of the others', async () => {
      const shop = await bed.engine.runtime.create(bed.engine.draft());
      const bank = await bed.engine.runtime.create(bed.engine.draft({ spec: specOf({ app_name: 'bank' }) }));
      const { own, foreign_names } = await bed.engine.runtime.list(bed.engine.scope, 'bank');
      expect(own.map(({ id }) => id)).toEqual([bank]);
      expect(foreign_names).toContain((await bed.engine.observed(shop)).name);
    });

    it('has the host ports that others publish, while they run', async () => {
      const [port, single, stopped] = [bed.engine.port(), bed.engine.port(), bed.engine.port()];
      const create = async (name: string, HostIp: string, host_port: number): Promise<string> => {
        const { id } = await bed.engine.docker.createContainer({
          name,
          Image: TEST_IMAGE,
          Labels: { 'of-test': bed.engine.scope },
          HostConfig: { PortBindings: { '8080/tcp': [{ HostIp, HostPort: String(host_port) }] } },
        });
        await bed.engine.runtime.start(id);
        return id;
      };
      const name = `${bed.engine.prefix}-holder`;
      await create(name, '', port);
      await create(`${bed.engine.prefix}-single`, '127.0.0.1', single);
      await bed.engine.runtime.stop(await create(`${bed.engine.prefix}-stopped`, '', stopped));
      const own = bed.engine.port();
      await bed.engine.running({ ports: [{ host_port: own, container_port: 8080 }] });
      const { foreign_ports } = await bed.engine.runtime.list(bed.engine.scope);
      const mine = [port, single, stopped, own];
      const found = foreign_ports.filter(({ host_port }) => mine.includes(host_port));
      expect(found.toSorted((a, b) => a.host_port - b.host_port)).toEqual([
        { host_port: port, by: name },
        { host_port: single, host_address: '127.0.0.1', by: `${bed.engine.prefix}-single` },
      ]);
    }, 60_000);

    it('takes labels that somebody has written as they are', async () => {
      const labels = { [LABELS.scope]: bed.engine.scope, [LABELS.app]: 'shop' };
      const id = await bed.engine.foreign(`${bed.engine.prefix}-odd`, { ...labels, [LABELS.replica]: '-1' });
      expect(await bed.engine.observed(id)).toMatchObject({
        replica: 0,
        fingerprint: '',
        restart_policy: 'no',
      });
    }, 60_000);

    it('leaves out what vanishes meanwhile', async () => {
      const ids = await Promise.all(
        Array.from({ length: 6 }, () => bed.engine.runtime.create(bed.engine.draft())),
      );
      const removals = Promise.all(ids.map((id) => bed.engine.runtime.remove(id)));
      let gone = false;
      void removals.then(() => {
        gone = true;
      });
      while (!gone) await bed.engine.runtime.list(bed.engine.scope);
      await removals;
      const { own } = await bed.engine.runtime.list(bed.engine.scope);
      for (const id of ids) expect(own.map((container) => container.id)).not.toContain(id);
    }, 60_000);
  });
}
