import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { join } from 'node:path';
import { REPOSITORY } from '../testing/clone.js';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';
import { NpmProcess } from '../testing/npm-process.js';

const LIMIT = 2 * CHANGE_LIMIT;
const BUNDLES = join(REPOSITORY, 'dist');

let fleet: Fleet;
let worker: NpmProcess | undefined;

beforeAll(async () => {
  await execa('npm', ['run', 'bundle'], { cwd: REPOSITORY });
  fleet = await Fleet.start({
    apps: ['shop'],
    programs: { api: join(BUNDLES, 'nebula-api.mjs'), worker: join(BUNDLES, 'nebula-worker.mjs') },
  });
}, FLEET_START_LIMIT);

afterAll(async () => {
  worker?.signalGroup('SIGKILL');
  await worker?.ended();
  await fleet.end();
}, FLEET_START_LIMIT);

afterEach(() => {
  expect(fleet.unexpectedEnds).toEqual([]);
});

it(
  'the bundled files of api and worker run a fleet by themselves',
  async () => {
    fleet.startWorkers();
    await fleet.api.create({ app_name: 'shop', docker_image: IMAGES[0], env_vars: { STEP: 'bundled' } });
    await fleet.arrives('shop', 'bundled');
  },
  LIMIT,
);

it(
  'npm run worker goes on where the bundled one has ended, and ends in order itself',
  async () => {
    const server = fleet.server(0);
    await fleet.untouched(['shop'], async () => {
      await server.worker.stop();
      worker = new NpmProcess(REPOSITORY, ['run', 'worker'], server.worker.environment);
      await worker.printed(/connected to RabbitMQ/, CHANGE_LIMIT);
      await fleet.converged('shop');
    });
    await fleet.api.change('shop', { env_vars: { STEP: 'from the sources' } });
    await fleet.arrives('shop', 'from the sources');
    await fleet.untouched(['shop'], async () => {
      worker?.signalGroup('SIGTERM');
      expect(await worker?.ended()).toBe(0);
    });
  },
  LIMIT,
);

it(
  'npm run api is one more api of the same fleet',
  async () => {
    const { process: api } = fleet.apiNumber(1);
    await api.stop();
    const another = new NpmProcess(REPOSITORY, ['run', 'api'], api.environment);
    try {
      await eventually(async () => expect(await fleet.apiNumber(1).api.isReady()).toBe(true), CHANGE_LIMIT);
      fleet.server(0).worker.start();
      await fleet.apiNumber(1).api.change('shop', { env_vars: { STEP: 'through another' } });
      await fleet.arrives('shop', 'through another');
    } finally {
      another.signalGroup('SIGTERM');
      expect(await another.ended()).toBe(0);
    }
  },
  LIMIT,
);
