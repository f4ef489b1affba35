import { describe, expect, it } from '@jest/globals';
import { ARCHITECTURE } from '../../../../../../tools/engine/images.mjs';
import { pushHttpImage, pushIndex } from '../../../../../../tools/engine/registry-image.mjs';
import { DockerRuntime } from '../../docker/docker-runtime.js';
import { type CredentialOptions, RegistryCredentials } from '../../registry/registry-credentials.js';
import { TEST_IMAGE } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

const never = new AbortController().signal;
const OTHER = ARCHITECTURE === 'arm64' ? 'amd64' : 'arm64';

/** Images, and how they come from a registry. */
export function imagesContract(bed: ContractBed): void {
  describe('a pull', () => {
    it('brings an image and answers its id, also when it is there already, and the new build of a tag that has moved', async () => {
      const { runtime } = bed.engine;
      const reference = `${bed.registry}/contract/shop:1`;
      const { id } = await pushHttpImage(reference, { version: 'contract 1' });
      expect(await runtime.imageId(reference)).toBeNull();
      for (const _again of [1, 2]) expect(await runtime.pull(reference, never)).toBe(id);
      expect(await runtime.image(reference)).toEqual({ id, platform: `linux/${ARCHITECTURE}` });
      const moved = await pushHttpImage(reference, { version: 'contract 2' });
      expect(await runtime.pull(reference, never)).toBe(moved.id);
      expect(await runtime.imageId(reference)).toBe(moved.id);
      expect(await runtime.imageId(id)).toBe(id);
      const exact = `${bed.registry}/contract/shop@${moved.digest}`;
      expect(await runtime.pull(exact, never)).toBe(moved.id);
      expect(await runtime.imageId(exact)).toBe(moved.id);
    }, 60_000);

    it('of an index brings the platform that is asked for, else that of the server', async () => {
      const { runtime } = bed.engine;
      const of = (name: string) => `${bed.registry}/contract/both:${name}`;
      const own = await pushHttpImage(of('own'), { version: 'own' });
      const other = await pushHttpImage(of('other'), { version: 'other', architecture: OTHER });
      await pushIndex(of('1'), [own, other]);
      expect(await runtime.pull(of('1'), never)).toBe(own.id);
      expect(await runtime.pull(of('1'), never, { platform: `linux/${OTHER}` })).toBe(other.id);
      expect(await runtime.image(of('1'))).toEqual({ id: other.id, platform: `linux/${OTHER}` });
      await expect(runtime.pull(of('1'), never, { platform: 'linux/s390x' })).rejects.toMatchObject({
        name: 'RuntimeError',
        terminal: false,
      });
    }, 60_000);

    it('of an image for another platform than the one that is asked for fails, though the engine takes it', async () => {
      const { runtime } = bed.engine;
      const reference = `${bed.registry}/contract/foreign:1`;
      const { id } = await pushHttpImage(reference, { version: 'foreign', architecture: OTHER });
      const platform = `linux/${ARCHITECTURE}`;
      await expect(runtime.pull(reference, never, { platform })).rejects.toMatchObject({
        name: 'RuntimeError',
      });
      expect(await runtime.pull(reference, never, { platform: `linux/${OTHER}` })).toBe(id);
      // Docker makes a container of it, and warns.
      const made = await runtime.make(bed.engine.draft({ image: reference }));
      expect(made.warnings.join()).toMatch(bed.facts.can_update ? /platform/ : /^$/);
      await runtime.remove(made.id);
    }, 60_000);

    it.each(['contract/nobody-has-this:1', 'contract/shop:no-such-tag'])(
      'of %s says that it is missing',
      async (name) => {
        await expect(bed.engine.runtime.pull(`${bed.registry}/${name}`, never)).rejects.toMatchObject({
          kind: 'missing',
          message: expect.stringContaining(`the registry ${bed.registry}`),
        });
      },
      60_000,
    );

    it('from a registry that asks who somebody is works with the right credentials alone', async () => {
      const { username, password } = bed.user;
      const reference = `${bed.closedRegistry}/contract/private:1`;
      const { id } = await pushHttpImage(reference, { version: 'private', user: { username, password } });
      const pullAs = async (options: CredentialOptions): Promise<string> => {
        const runtime = new DockerRuntime(bed.engine.host, { credentials: new RegistryCredentials(options) });
        try {
          return await runtime.pull(reference, never);
        } finally {
          runtime.onApplicationShutdown();
        }
      };
      const from = {
        docker_config: '/nowhere',
        registry_host: bed.closedRegistry,
        registry_auth_user: username,
      };
      await expect(pullAs({ docker_config: '/nowhere' })).rejects.toThrow(/asked without credentials/);
      const wrong = await pullAs({ ...from, registry_auth_password: 'wr0ng-passw0rd' }).catch(String);
      expect(wrong).toContain(`the registry ${bed.closedRegistry}, asked with`);
      expect(wrong).not.toContain('wr0ng-passw0rd');
      expect(await pullAs({ ...from, registry_auth_password: password })).toBe(id);
    }, 60_000);
  });

  describe('local images', () => {
    it('are known by name and use, and one that is used stays', async () => {
      const { engine, registry } = bed;
      const { runtime } = engine;
      const reference = `${registry}/contract/used:1`;
      const { id } = await pushHttpImage(reference, { version: 'used' });
      await runtime.pull(reference, never);
      const found = async () => (await runtime.localImages()).find((image) => image.id === id);
      expect(await found()).toMatchObject({ names: expect.arrayContaining([reference]), is_used: false });
      const container = await runtime.create(engine.draft({ image: reference }));
      expect(await engine.observed(container)).toMatchObject({ image: reference, image_id: id });
      expect(await found()).toMatchObject({ is_used: true });
      await expect(runtime.removeImage(id, [])).rejects.toMatchObject({ kind: 'conflict' });
      await runtime.remove(container);
      await runtime.removeImage(id, [reference]);
      await runtime.removeImage(id, [reference]);
      expect(await runtime.imageId(reference)).toBeNull();
      expect(await runtime.imageId(TEST_IMAGE)).not.toBeNull();
    }, 60_000);
  });
}
