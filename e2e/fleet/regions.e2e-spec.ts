import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { eventually } from '../testing/eventually.js';
import { FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';
import type { FleetApi } from '../testing/fleet-api.js';
import { REGIONS_LIMIT, TwoRegions } from '../testing/two-regions.js';

const LIMIT = 3 * REGIONS_LIMIT;
const APPS = ['shop', 'steady', 'ghost'];

/**
 * A worker has a change so soon where nothing waits for anybody, milliseconds. By heartbeats it is noticed later that a
 * broker is silent.
 */
const AT_ONCE = 20_000;

interface Regional {
  regions: { region: string; revision: number | null; problem: string | null }[];
}

const blocks = new DocumentBlocks(import.meta.filename);
const [setUp] = blocks.take('docs/regions.md', 'Configure', 1).exactly(1);
let fleet: TwoRegions;
let api: FleetApi;
let backups: string;

beforeAll(async () => {
  backups = await mkdtemp(join(tmpdir(), 'nebula-backups-'));
  fleet = await TwoRegions.start(APPS);
  await fleet.setUpBrokers(setUp, 'eu');
  api = await fleet.startApi(['eu']);
  for (const app_name of ['shop', 'steady']) await api.create({ app_name, docker_image: IMAGES[0] });
  for (const { server } of Object.values(fleet.regions)) server.worker.start();
  await fleet.converged('shop', 1);
}, FLEET_START_LIMIT);

afterAll(async () => {
  await fleet.end();
  await rm(backups, { recursive: true, force: true });
}, FLEET_START_LIMIT);

const change = async (value: string) => await api.change('shop', { env_vars: { STEP: value } });
const steps = async () =>
  await Promise.all(
    Object.values(fleet.regions).map(async ({ server }) => await server.variable('shop', 'STEP')),
  );
const statusOf = async (app: string) => await api.ask<Regional>('GET', `/apps/${app}/status`);

async function readiness(): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${api.root}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

describe('two regions, each with a broker of its own', () => {
  it(
    'a broker that is added empty is filled, and its workers report to the same api',
    async () => {
      const [before] = await fleet.containers();
      await fleet.setUpBrokers(setUp, 'eu', 'us');
      api = await fleet.startApi(['eu', 'us']);
      for (const app of ['shop', 'steady']) await fleet.converged(app);
      expect((await fleet.containers())[0]).toEqual(before);
      expect(await api.ask('GET', '/workers')).toMatchObject({
        items: expect.arrayContaining([
          expect.objectContaining({ labels: { region: 'eu' }, state: 'online' }),
          expect.objectContaining({ labels: { region: 'us' }, state: 'online' }),
        ]),
      });
    },
    LIMIT,
  );

  it(
    'a change reaches the workers of both',
    async () => {
      const { revision } = await change('both');
      await fleet.converged('shop');
      expect(await steps()).toEqual([['both'], ['both']]);
      await eventually(async () => {
        expect((await statusOf('shop')).regions).toMatchObject([
          { region: 'eu', revision, problem: null },
          { region: 'us', revision, problem: null },
        ]);
      }, REGIONS_LIMIT);
    },
    LIMIT,
  );

  it.each([
    ['is cut off', 'cut'],
    ['answers nothing any more', 'silence'],
  ] as const)(
    'one that %s delays nobody, is told of, and is brought to the newest when it is back',
    async (_what, happens) => {
      const { us } = fleet.regions;
      const [, [, there]] = [await fleet.converged('shop'), await fleet.containers()];
      const [, before] = await steps();
      us.proxy[happens]();
      // Nobody knows of it yet, and nobody waits for it.
      await change(`here, ${happens}`);
      await eventually(async () => expect(await steps()).toEqual([[`here, ${happens}`], before]), AT_ONCE);
      await eventually(async () => {
        const regions = (await statusOf('shop')).regions;
        expect(regions).toMatchObject([{ problem: null }, { problem: expect.stringContaining('RabbitMQ') }]);
      }, REGIONS_LIMIT);
      // The api serves, and says which region it can't reach.
      expect(await readiness()).toMatchObject({
        status: 200,
        text: expect.stringContaining('"status":"degraded"'),
      });
      await change('here alone');
      await eventually(async () => expect(await steps()).toEqual([['here alone'], before]), AT_ONCE);
      expect((await fleet.containers())[1]).toEqual(there);

      us.proxy.heal();
      await fleet.converged('shop');
      expect(await steps()).toEqual([['here alone'], ['here alone']]);
      await eventually(async () => {
        expect((await readiness()).text).toContain('"status":"ok"');
      }, REGIONS_LIMIT);
    },
    LIMIT,
  );
});

describe('a disaster', () => {
  it(
    'database and brokers are lost with their disks: a backup brings every worker back, and no right container is touched',
    async () => {
      const file = join(backups, 'before');
      expect(await fleet.backUp('backup', file, 'nebula')).toMatchObject({ code: 0 });
      const [before, [restored = []]] = [await fleet.containers(), await steps()];
      const specs = await Promise.all(['shop', 'steady'].map((app) => api.ask('GET', `/apps/${app}`)));
      // Workers have seen more than the backup, and no stream is left to tell of it.
      await api.change('steady', { update: { max_unavailable: 2 } });
      await change('after the backup');
      for (const app of ['shop', 'steady']) await fleet.converged(app);
      expect(await steps()).toEqual([['after the backup'], ['after the backup']]);

      await fleet.api?.process.kill();
      await fleet.database.stop();
      await rm(fleet.database.data, { recursive: true });
      await mkdir(fleet.database.data);
      await fleet.database.start();
      for (const { broker } of Object.values(fleet.regions)) {
        await broker.killNode();
        await broker.stop();
        await broker.wipe();
        await broker.start();
      }
      expect(await fleet.backUp('restore', file, 'nebula')).toMatchObject({ code: 0 });
      await fleet.setUpBrokers(setUp, 'eu', 'us');
      api = await fleet.startApi(['eu', 'us']);
      for (const app of ['shop', 'steady']) await fleet.converged(app);
      // Every worker has gone back by changing the one app that was not as the backup has it.
      expect(await steps()).toEqual([restored, restored]);
      const [here, there] = await fleet.containers();
      expect([here?.slice(1), there?.slice(1)]).toEqual(before.map((apps) => apps.slice(1)));
      for (const [index, app] of ['shop', 'steady'].entries())
        expect(await api.ask('GET', `/apps/${app}`)).toEqual(specs[index]);

      await change('after the disaster');
      await fleet.converged('shop');
      expect(await steps()).toEqual([['after the disaster'], ['after the disaster']]);
    },
    LIMIT,
  );

  it(
    'an older backup than what the streams hold wins, and what it lacks is an orphan with two ways out',
    async () => {
      const file = join(backups, 'older');
      expect(await fleet.backUp('backup', file, 'nebula')).toMatchObject({ code: 0 });
      await change('lost');
      await api.create({ app_name: 'ghost', docker_image: IMAGES[0] });
      for (const app of ['shop', 'ghost']) await fleet.converged(app);
      const before = await fleet.containers();

      await fleet.api?.process.kill();
      expect(await fleet.backUp('restore', file, 'older')).toMatchObject({
        ...{ code: 0, output: expect.stringContaining('it wins over what streams and workers have') },
      });
      api = await fleet.startApi(['eu', 'us'], 'older');
      for (const app of ['shop', 'steady']) await fleet.converged(app);
      expect(await steps()).toEqual([['after the disaster'], ['after the disaster']]);
      const after = await fleet.containers();
      expect(after.map(([, steady, ghost]) => [steady, ghost])).toEqual(
        before.map(([, steady, ghost]) => [steady, ghost]),
      );

      const orphans = async () =>
        (await api.ask<{ items: { app_name: string; workers: number }[] }>('GET', '/orphans')).items;
      await eventually(async () => {
        expect(await orphans()).toMatchObject([{ app_name: 'ghost', workers: 2 }]);
      }, REGIONS_LIMIT);
      // One way out: the app is taken over as it runs.
      await api.create({ app_name: 'ghost', docker_image: IMAGES[0] });
      await fleet.converged('ghost');
      expect((await fleet.containers()).map(([, , ghost]) => ghost)).toEqual(
        before.map(([, , ghost]) => ghost),
      );
      // The other: its containers are removed everywhere.
      await api.delete('ghost');
      await eventually(async () => {
        expect((await fleet.containers()).map(([, , ghost]) => ghost)).toEqual([[], []]);
      }, REGIONS_LIMIT);
    },
    LIMIT,
  );

  it('a restore into a database that has apps, or of a foreign file, is refused in one sentence', async () => {
    const file = join(backups, 'older');
    expect(await fleet.backUp('restore', file, 'older')).toEqual({
      code: 1,
      output: expect.stringMatching(/the database is not empty: it has the app \w+\n$/),
    });
    const foreign = join(backups, 'foreign');
    await writeFile(foreign, 'a list of things to buy\n');
    expect(await fleet.backUp('restore', foreign, 'untouched')).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^the file is no backup of Nebula: its first line is not the header that "backup" writes\n$/,
      ),
    });
  });
});

it('no block of the documents is left', () => expect(blocks.left).toEqual([]));
