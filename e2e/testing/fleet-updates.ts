import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { CHANGE_LIMIT, type Fleet } from './fleet.js';
import { IMAGES } from './fleet-server.js';

const LIMIT = CHANGE_LIMIT + 30_000;

/** The app that is updated. Workers have to list it. */
export const UPDATED = 'updated';

/** A replica is ready a second after its start, so none waits for long. */
const ROLLING = { strategy: 'rolling', min_ready_seconds: 1 };
/** A program that never serves. */
const BROKEN = ['/bin/sh', '-c', 'exit 3'];

/**
 * Tests of updates that take one replica after the other, and of what becomes of those that fail.
 *
 * @param fleetOf whose workers run
 */
export function describeUpdates(fleetOf: () => Fleet): void {
  describe('an update that rolls, on all servers', () => {
    it(
      'replaces one replica after the other',
      async () => {
        const fleet = fleetOf();
        await fleet.api.create({
          ...{ app_name: UPDATED, docker_image: IMAGES[0], containers_per: { server: 2 } },
          update: ROLLING,
        });
        await fleet.converged(UPDATED);
        const before = (await fleet.containers(UPDATED)).flat().map(({ id }) => id);
        const since = Date.now();
        await fleet.api.change(UPDATED, { docker_image: IMAGES[1] });
        await fleet.converged(UPDATED);
        const after = (await fleet.containers(UPDATED)).flat();
        expect(after.map(({ running }) => running)).toEqual(before.map(() => true));
        await areOfSecondImage(fleet);
        expect(after.filter(({ id }) => before.includes(id))).toEqual([]);
        for (const { view } of fleet.servers)
          expect(await view.mostAway(`nebula.app=${UPDATED}`, since)).toBe(1);
      },
      LIMIT,
    );

    it(
      'stops at the first replica that ends again and again, until it is corrected',
      async () => {
        const fleet = fleetOf();
        const before = await fleet.containers(UPDATED);
        await fails(fleet, 'pause');
        expect(await others(fleet)).toEqual(before.map((containers) => containers.slice(1)));
        for (const [broken] of await fleet.containers(UPDATED)) expect(broken?.name).toBe(`${UPDATED}-1`);

        await fleet.api.change(UPDATED, { command: null });
        await fleet.converged(UPDATED);
        expect(await others(fleet)).toEqual(before.map((containers) => containers.slice(1)));
      },
      LIMIT,
    );

    it(
      'goes back to the version that served, and serves it',
      async () => {
        const fleet = fleetOf();
        const before = await fleet.containers(UPDATED);
        await fails(fleet, 'rollback');
        const after = await fleet.containers(UPDATED);
        expect(await others(fleet)).toEqual(before.map((containers) => containers.slice(1)));
        for (const [server, [first]] of after.entries()) {
          expect(first).toMatchObject({ name: `${UPDATED}-1`, running: true });
          expect(first?.id).not.toBe(before[server]?.[0]?.id);
        }
        await areOfSecondImage(fleet);
      },
      LIMIT,
    );
  });
}

/** Makes a change that can't serve, and waits until that is known of every server. */
async function fails(fleet: Fleet, on_failure: 'pause' | 'rollback'): Promise<void> {
  await fleet.api.change(UPDATED, { command: BROKEN, update: { ...ROLLING, on_failure } });
  const state = on_failure === 'pause' ? 'paused' : 'rolled_back';
  await eventually(async () => {
    expect(await fleet.api.ask('GET', `/apps/${UPDATED}/status`)).toMatchObject({
      summary: { failed: fleet.servers.length },
      updates: { [state]: fleet.servers.length },
    });
  }, CHANGE_LIMIT);
}

/** The second replicas, whose turn has not come. */
async function others(fleet: Fleet) {
  return (await fleet.containers(UPDATED)).map((containers) => containers.slice(1));
}

/** All its containers are made from the second image, as their engines say. */
async function areOfSecondImage(fleet: Fleet): Promise<void> {
  for (const server of fleet.servers) {
    const { docker } = server.view;
    const { Id } = await docker.getImage(IMAGES[1]).inspect();
    for (const { id } of await server.containers(UPDATED))
      expect((await docker.getContainer(id).inspect()).Image).toBe(Id);
  }
}
