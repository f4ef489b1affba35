import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { specOf } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

/** What is refused, and how that is told. */
export function refusalsContract(bed: ContractBed): void {
  describe('what the engine refuses', () => {
    it('says that the name is taken', async () => {
      const draft = bed.engine.draft();
      const id = await bed.engine.runtime.create(draft);
      await expect(bed.engine.runtime.create(bed.engine.draft({ name: draft.name }))).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(draft.name),
      });
      const other = await bed.engine.runtime.create(bed.engine.draft());
      await expect(bed.engine.runtime.rename(other, draft.name)).rejects.toMatchObject({ kind: 'conflict' });
      expect(await bed.engine.observed(id)).toMatchObject({ name: draft.name });
    });

    it('says that the image is missing', async () => {
      await expect(
        bed.engine.runtime.create(bed.engine.draft({ image: `${bed.engine.prefix}/none:1` })),
      ).rejects.toMatchObject({
        kind: 'missing',
        message: expect.stringContaining(`${bed.engine.prefix}/none:1`),
      });
    });

    it('says that the container is missing', async () => {
      const id = 'f'.repeat(64);
      for (const act of [
        () => bed.engine.runtime.start(id),
        () => bed.engine.runtime.rename(id, `${bed.engine.prefix}-x`),
        () => bed.engine.runtime.unpause(id),
      ]) {
        await expect(act()).rejects.toMatchObject({ kind: 'missing', terminal: false });
      }
    });

    it('says that the port is taken by a container, which stays created', async () => {
      const ports = [{ host_port: bed.engine.port(), container_port: 8080 }];
      const holder = await bed.engine.running({ ports });
      const id = await bed.engine.runtime.create(bed.engine.draft({ ports }));
      await expect(bed.engine.runtime.start(id)).rejects.toMatchObject({
        kind: 'port-taken',
        terminal: false,
        message: expect.stringMatching(/already (allocated|in use)/),
      });
      expect(await bed.engine.observed(id)).toMatchObject({ state: 'created' });

      await bed.engine.runtime.stop(holder);
      await bed.engine.runtime.start(id);
      expect(await bed.engine.observed(id)).toMatchObject({ state: 'running', ports });
    }, 60_000);

    it('says that the port is taken by a program of the server', async () => {
      const server = createServer();
      const port = bed.engine.port();
      await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve));
      try {
        const id = await bed.engine.runtime.create(
          bed.engine.draft({ ports: [{ host_port: port, container_port: 8080 }] }),
        );
        await expect(bed.engine.runtime.start(id)).rejects.toMatchObject({ kind: 'port-taken' });
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    }, 60_000);

    it('says that the command can never be run', async () => {
      const id = await bed.engine.runtime.create(
        bed.engine.draft({ spec: specOf({ command: ['/no/such/program'] }) }),
      );
      await expect(bed.engine.runtime.start(id)).rejects.toMatchObject({
        kind: 'invalid',
        terminal: true,
        message: expect.stringContaining('/no/such/program'),
      });
      expect(await bed.engine.observed(id)).toMatchObject({ state: 'created' });
    }, 60_000);

    it('says that a device is missing, which may be plugged in later', async () => {
      // Some refuse to make it, others to start it.
      const spec = specOf({ devices: ['/dev/no-such-device'] });
      await expect(bed.engine.running({ spec })).rejects.toMatchObject({
        terminal: false,
        message: expect.stringContaining('/dev/no-such-device'),
      });
    }, 60_000);
  });
}
