import { describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { eventually } from '../eventually.js';
import { specOf } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

/** Networks, and the containers in them. */
export function networksContract(bed: ContractBed): void {
  describe('networks', () => {
    it('are made once, listed, and removed', async () => {
      const { runtime, scope } = bed.engine;
      const name = `${bed.engine.prefix}-net`;
      await Promise.all(Array.from({ length: 5 }, () => runtime.createNetwork(name, scope)));
      expect((await runtime.networkNames()).filter((other) => other === name)).toHaveLength(1);
      expect(await runtime.ownNetworks(scope)).toEqual([name]);
      expect(await runtime.ownNetworks(`${scope}-other`)).toEqual([]);
      expect(await bed.engine.docker.getNetwork(name).inspect()).toMatchObject({
        Driver: 'bridge',
        Internal: false,
      });

      await runtime.removeNetwork(name);
      await runtime.removeNetwork(name);
      expect(await runtime.networkNames()).not.toContain(name);
    });

    it('of somebody else are used as they are', async () => {
      const name = `${bed.engine.prefix}-theirs`;
      await bed.engine.docker.createNetwork({ Name: name });
      await bed.engine.runtime.createNetwork(name, bed.engine.scope);
      expect(await bed.engine.runtime.ownNetworks(bed.engine.scope)).not.toContain(name);
      await bed.engine.runtime.removeNetwork(name);
    });

    it('that are in use stay', async () => {
      const name = `${bed.engine.prefix}-used`;
      await bed.engine.runtime.createNetwork(name, bed.engine.scope);
      const id = await bed.engine.running({ networks: [name] });
      await expect(bed.engine.runtime.removeNetwork(name)).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(name),
      });
      await bed.engine.runtime.remove(id);
      await bed.engine.runtime.removeNetwork(name);
    }, 60_000);
  });

  describe('a container of several networks', () => {
    it('leaves nothing behind when it can not join one of them', async () => {
      const draft = bed.engine.draft({ networks: [DEFAULT_NETWORK, 'host'] });
      await expect(bed.engine.runtime.create(draft)).rejects.toMatchObject({
        name: 'RuntimeError',
      });
      const { own, foreign_names } = await bed.engine.runtime.list(bed.engine.scope);
      expect([...own.map(({ name }) => name), ...foreign_names]).not.toContain(draft.name);
    });

    it('can not be started while one of them is missing', async () => {
      const network = `${bed.engine.prefix}-third`;
      // Some refuse to make it, others to start it.
      const made = async () => await bed.engine.running({ networks: [DEFAULT_NETWORK, network] });
      await expect(made()).rejects.toMatchObject({
        kind: 'missing',
        message: expect.stringContaining(network),
      });
      await bed.engine.runtime.createNetwork(network, bed.engine.scope);
      const id = await made();
      const { NetworkSettings } = await bed.engine.docker.getContainer(id).inspect();
      expect(Object.keys(NetworkSettings.Networks).sort()).toEqual([DEFAULT_NETWORK, network].sort());
    }, 60_000);

    it('is found there by the names of the app, whether it runs or not, and also when it was put back', async () => {
      const { runtime, scope } = bed.engine;
      const network = `${bed.engine.prefix}-named`;
      await runtime.createNetwork(network, scope);
      const spec = specOf({ networks: [{ name: network, aliases: ['shop'] }] });
      const id = await runtime.create(bed.engine.draft({ networks: [DEFAULT_NETWORK, network], spec }));
      const names = async (): Promise<readonly string[]> =>
        (await bed.engine.observed(id)).aliases[network] ?? [];
      const again = async (aliases: string[]): Promise<void> => {
        // The second time it is out already.
        for (const _time of [1, 2]) await runtime.disconnect(id, network);
        expect((await bed.engine.observed(id)).networks).not.toContain(network);
        await runtime.connect(id, network, aliases);
      };
      for (const act of [async () => undefined, async () => await runtime.start(id)]) {
        await act();
        expect(await names()).toContain('shop');
        await again([]);
        expect(await names()).not.toContain('shop');
        await again(['shop']);
        expect(await names()).toContain('shop');
      }
      await runtime.remove(id);
    }, 60_000);

    it('that was taken out of them is put back, whether it runs or not, and its port answers', async () => {
      const network = `${bed.engine.prefix}-second`;
      await bed.engine.runtime.createNetwork(network, bed.engine.scope);
      const host_port = bed.engine.port();
      const networks = [DEFAULT_NETWORK, network];
      const id = await bed.engine.runtime.create(
        bed.engine.draft({ networks, ports: [{ host_port, container_port: 8080 }] }),
      );
      const leave = async (names: string[]): Promise<void> => {
        for (const name of names) await bed.engine.docker.getNetwork(name).disconnect({ Container: id });
      };
      const joined = async (): Promise<string[]> => (await bed.engine.observed(id)).networks.toSorted();
      await leave(networks);
      expect(await joined()).toEqual([]);
      for (const name of networks) await bed.engine.runtime.connect(id, name);
      await bed.engine.runtime.start(id);
      await eventually(async () => expect((await fetch(`http://127.0.0.1:${host_port}/`)).status).toBe(200));

      const { NetworkSettings: before } = await bed.engine.docker.getContainer(id).inspect();
      await leave(networks);
      expect(await bed.engine.observed(id)).toMatchObject({
        state: 'running',
        networks: [],
        fingerprint: 'v1:test',
      });
      // The second time it is there already.
      for (const name of [...networks, network]) await bed.engine.runtime.connect(id, name);
      expect(await joined()).toEqual(networks.toSorted());
      expect((await fetch(`http://127.0.0.1:${host_port}/`)).status).toBe(200);
      const { NetworkSettings: after } = await bed.engine.docker.getContainer(id).inspect();
      for (const name of networks) {
        expect(after.Networks[name]?.Aliases).toEqual(before.Networks[name]?.Aliases);
      }
    }, 60_000);
  });
}
