import { describe, expect, it } from '@jest/globals';
import { pushHttpImage } from '../../../../../../tools/engine/registry-image.mjs';
import type { RuntimeEvent } from '../../container-runtime.js';
import { EngineUnderTest } from '../engine-under-test.js';
import { eventually } from '../eventually.js';
import { specOf } from '../spec.js';
import type { ContractBed } from './contract-bed.js';

/** What is told when something happens. */
export function eventsContract(bed: ContractBed): void {
  describe('events', () => {
    it('say what happens and to which app, of others that something happens, and that an image is gone', async () => {
      const { engine } = bed;
      const ending = new AbortController();
      const seen: RuntimeEvent[] = [];
      const reading = (async () => {
        for await (const event of engine.runtime.events(engine.scope, ending.signal)) seen.push(event);
      })();
      const actionsOf = (app: string | null) =>
        seen.filter(({ app_name }) => app_name === app).map(({ action }) => action);
      await eventually(() => expect(actionsOf(null)).toContain('connected'));
      const app = engine.prefix;
      const id = await engine.running({ spec: specOf({ app_name: app }) });
      await engine.docker.getContainer(id).pause();
      await engine.runtime.unpause(id);
      await engine.runtime.rename(id, `${engine.prefix}-new-name`);
      await engine.docker.getContainer(id).kill();
      await eventually(() => expect(actionsOf(app)).toContain('die'));
      await engine.runtime.remove(id);
      await eventually(() => expect(actionsOf(app)).toContain('destroy'));
      const told = ['create', 'start', 'pause', 'unpause', 'rename', 'die', 'destroy'];
      expect(actionsOf(app).filter((action) => told.includes(action))).toEqual(told);

      const others = new EngineUnderTest(engine.host);
      await others.running({ spec: specOf({ app_name: 'others' }) });
      await others.close();
      await eventually(() => expect(actionsOf(null)).toContain('destroy'));
      expect(actionsOf('others')).toEqual([]);

      const image = `${bed.registry}/contract/gone:1`;
      const { id: pulled } = await pushHttpImage(image, { version: 'gone' });
      const local = await engine.runtime.pull(image, ending.signal);
      await engine.runtime.removeImage(pulled, [image]);
      await eventually(() =>
        expect(seen).toContainEqual({ action: 'delete', app_name: null, image_id: local }),
      );
      ending.abort();
      await reading;
    }, 60_000);
  });
}
