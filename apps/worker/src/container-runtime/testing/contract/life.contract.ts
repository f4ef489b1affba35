import { describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { TEST_IMAGE } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

/** What becomes of a container, act by act. */
export function lifeContract(bed: ContractBed): void {
  describe('the life of a container', () => {
    it('goes through every act, and each act may be done twice', async () => {
      const { runtime } = bed.engine;
      const port = bed.engine.port();
      const id = await runtime.create(
        bed.engine.draft({ ports: [{ host_port: port, container_port: 8080 }] }),
      );
      expect(await bed.engine.observed(id)).toMatchObject({
        state: 'created',
        restart_policy: 'always',
        error: '',
      });

      await runtime.start(id);
      await runtime.start(id);
      await eventually(async () => {
        expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('version 1\n');
      });

      const begin = performance.now();
      await runtime.stop(id);
      // Its signal is heeded, so it isn't the kill after 10 s that ends it.
      expect(performance.now() - begin).toBeLessThan(5_000);
      await runtime.stop(id);
      expect(await bed.engine.observed(id)).toMatchObject({ state: 'exited', exit_code: 0 });

      const name = `${bed.engine.prefix}-renamed`;
      await runtime.rename(id, name);
      await runtime.rename(id, name);
      expect(await bed.engine.observed(id)).toMatchObject({ name });

      await runtime.remove(id);
      await runtime.remove(id);
      await runtime.stop(id);
      expect((await runtime.list(bed.engine.scope)).own.map((container) => container.id)).not.toContain(id);
    }, 60_000);

    it('can be paused by somebody else', async () => {
      const id = await bed.engine.running();
      await bed.engine.docker.getContainer(id).pause();
      expect(await bed.engine.observed(id)).toMatchObject({ state: 'paused' });
      await bed.engine.runtime.unpause(id);
      await bed.engine.runtime.unpause(id);
      expect(await bed.engine.observed(id)).toMatchObject({ state: 'running' });

      await bed.engine.docker.getContainer(id).pause();
      await bed.engine.runtime.stop(id);
      expect(await bed.engine.observed(id)).toMatchObject({ state: 'exited' });
      await expect(bed.engine.runtime.unpause(id)).rejects.toMatchObject({ name: 'RuntimeError' });
    }, 60_000);

    it('is removed while it runs, with its anonymous volumes', async () => {
      const named = `${bed.engine.prefix}-named`;
      const container = await bed.engine.docker.createContainer({
        Image: TEST_IMAGE,
        Volumes: { '/anonymous': {} },
        HostConfig: { Binds: [`${named}:/named`] },
        Labels: { 'of-test': bed.engine.scope },
      });
      await container.start();
      const { Mounts } = await container.inspect();
      const anonymous = Mounts.find(({ Destination }) => Destination === '/anonymous')?.Name;
      const volumes = async () => (await bed.engine.docker.listVolumes()).Volumes.map(({ Name }) => Name);
      expect(await volumes()).toEqual(expect.arrayContaining([anonymous, named]));

      await bed.engine.runtime.remove(container.id);
      expect(await volumes()).not.toContain(anonymous);
      expect(await volumes()).toContain(named);
      await bed.engine.docker.getVolume(named).remove();
    }, 60_000);

    it('may be removed by several at once', async () => {
      const id = await bed.engine.running();
      await Promise.all(Array.from({ length: 4 }, () => bed.engine.runtime.remove(id)));
      await expect(bed.engine.docker.getContainer(id).inspect()).rejects.toMatchObject({ statusCode: 404 });
    }, 60_000);
  });
}
