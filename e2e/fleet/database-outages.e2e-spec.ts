import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandLine } from '../../apps/nebulactl/src/testing/command-line.js';
import { conflicting } from '../testing/conflicting.js';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';

const LIMIT = 2 * CHANGE_LIMIT;
const APPS = ['shop', 'steady', 'leaving', 'later'];
/** In which a request has to be answered whatever happens, milliseconds. */
const ANSWER_LIMIT = 15_000;

/**
 * So long the database is away, milliseconds: longer than any wait that grows meanwhile (10 s of an api), than what
 * waits for it at the broker is kept, and than a worker may be silent.
 */
const AWAY_MS = 60_000;

/** As docs/backup.md quotes it. */
const RESTORED =
  'the feed is ahead of the database, so the database was restored from a backup; the restored state wins';

/** More than what is granted beside it, so that one interval is told from two. */
const VERIFY_SECONDS = 18;

let fleet: Fleet;
let backups: string;

beforeAll(async () => {
  backups = await mkdtemp(join(tmpdir(), 'nebula-e2e-backup-'));
  fleet = await Fleet.start({
    ...{ apps: APPS, ownDatabase: true },
    api: { VERIFY_INTERVAL_SECONDS: String(VERIFY_SECONDS) },
  });
  for (const app_name of ['shop', 'steady', 'leaving']) {
    await fleet.api.create({ app_name, docker_image: IMAGES[0] });
  }
  fleet.startWorkers();
  for (const app of ['shop', 'steady', 'leaving']) await fleet.converged(app);
}, FLEET_START_LIMIT);

afterAll(async () => {
  await fleet.end();
  await rm(backups, { recursive: true, force: true });
}, FLEET_START_LIMIT);

afterEach(() => {
  expect(fleet.unexpectedEnds).toEqual([]);
});

async function change(step: string): Promise<void> {
  await fleet.api.change('shop', { env_vars: { STEP: step } });
}

/** Who takes reports, and what was given to them and not done with, as the broker knew some seconds ago. */
async function waitingReports(): Promise<object> {
  const path = '/api/queues/nebula/nebula.reports?columns=consumers,messages_unacknowledged';
  return JSON.parse(await fleet.broker.manage('GET', path)) as object;
}

/** Every request is answered by both apis in time, and says that the database is away. */
async function requestsAreRefused(): Promise<void> {
  const started = performance.now();
  const answers = await Promise.all(
    fleet.apis.flatMap(({ api }) => [
      api.call('GET', '/apps/shop'),
      api.call('POST', '/apps', { app_name: 'never', docker_image: IMAGES[0] }),
      api.call('PATCH', '/apps/shop', { env_vars: { STEP: 'never' } }),
      api.call('GET', '/apps/shop/status'),
      api.call('GET', '/workers'),
    ]),
  );
  expect(performance.now() - started).toBeLessThan(ANSWER_LIMIT);
  for (const { status, type, body } of answers) {
    const said = status === 500 ? internalErrors() : [];
    expect({ status, body, said }).toMatchObject({
      ...{ status: 503, body: { status: 503, type: expect.any(String) }, said: [] },
    });
    expect(type).toContain('application/problem+json');
  }
}

/** What the apis have logged of errors that no request should ever see. */
function internalErrors(): string[] {
  const lines = fleet.apis.flatMap(({ process }) => process.output.split('\n'));
  return lines.filter((line) => /"level":"?(error|50)/.test(line)).slice(-5);
}

/** What nebulactl doctor finds, asking the first api: the names of the checks, and its exit code. */
async function found(shell: CommandLine): Promise<{ code: number; found: string[] }> {
  const { code, stdout } = await shell.run(['doctor', '-o', 'name']);
  return { code, found: stdout.split('\n').filter((line) => line !== '') };
}

it(
  'nebulactl doctor finds nothing in a fleet that is well, and then the broker or the database that is away',
  async () => {
    const { api } = fleet.apiNumber(0);
    const shell = new CommandLine({ NEBULA_URL: api.root });
    const well = { code: 0, found: [] };
    try {
      await eventually(async () => expect(await found(shell)).toEqual(well), CHANGE_LIMIT);
      fleet.apiProxy.cut();
      await eventually(async () => {
        const { code, found: names } = await found(shell);
        expect({ code, broker: names.includes('broker'), database: names.includes('database') }).toEqual({
          ...{ code: 1, broker: true, database: false },
        });
      }, CHANGE_LIMIT);
      fleet.apiProxy.heal();
      await fleet.apisReady();
      await fleet.database.stop();
      await eventually(async () => {
        const { code, found: names } = await found(shell);
        expect({ code, broker: names.includes('broker'), database: names.includes('database') }).toEqual({
          ...{ code: 1, broker: false, database: true },
        });
      }, CHANGE_LIMIT);
      await fleet.database.start();
      await fleet.apisReady();
      await eventually(async () => expect(await found(shell)).toEqual(well), CHANGE_LIMIT);
    } finally {
      shell.remove();
    }
  },
  4 * CHANGE_LIMIT,
);

describe('a database that is away', () => {
  it(
    'for a minute has every request refused in time, and the servers go on without it',
    async () => {
      const steady = await fleet.server(2).containers('steady');
      await fleet.untouched(['shop', 'leaving'], async () => {
        const from = performance.now();
        await fleet.database.stop();
        try {
          await requestsAreRefused();
          await fleet.server(0).removeContainer('steady-1');
          const { worker } = fleet.server(1);
          await worker.stop();
          await fleet.server(1).removeContainer('steady-1');
          worker.start();
          await eventually(async () => {
            for (const server of fleet.servers)
              expect(await server.containers('steady')).toMatchObject([{ running: true }]);
          }, CHANGE_LIMIT);
          await eventually(
            async () => expect(performance.now() - from).toBeGreaterThan(AWAY_MS),
            2 * AWAY_MS,
          );
          await requestsAreRefused();
          // The broker would end the channel of an api that holds reports for half an hour.
          await eventually(
            async () => expect(await waitingReports()).toEqual({ consumers: 0, messages_unacknowledged: 0 }),
            CHANGE_LIMIT,
          );
        } finally {
          await fleet.database.start();
        }
        await fleet.apisReady();
        await fleet.converged('shop');
      });
      expect(steady).toHaveLength(1);
      expect(await fleet.server(2).containers('steady')).toEqual(steady);
      expect((await fleet.api.call('GET', '/apps/never')).status).toBe(404);
      await change('after');
      await fleet.arrives('shop', 'after');
    },
    2 * LIMIT,
  );

  it(
    'has every request refused in time when it hangs, too',
    async () => {
      await fleet.untouched(['steady'], async () => {
        await fleet.database.signal('SIGSTOP');
        try {
          await requestsAreRefused();
        } finally {
          await fleet.database.signal('SIGCONT');
        }
        await fleet.apisReady();
        // What was refused may have been written all the same; what counts is that all agree with the database.
        await change('agreed');
        await fleet.arrives('shop', 'agreed');
      });
    },
    LIMIT,
  );
});

describe('a database that is restored from an older backup', () => {
  it(
    'is what all servers follow, under a higher epoch',
    async () => {
      const { epoch } = await fleet.converged('shop');
      await change('of the backup');
      await fleet.arrives('shop', 'of the backup');
      await backUp();

      for (const step of ['lost', 'lost, too']) await change(step);
      await fleet.arrives('shop', 'lost, too');
      await fleet.api.delete('leaving');
      await fleet.api.create({ app_name: 'later', docker_image: IMAGES[0] });
      for (const app of ['leaving', 'later']) await fleet.converged(app);

      // What the database doesn't know is touched by nobody.
      await fleet.untouched(['steady', 'later'], async () => {
        expect(said()).not.toContain(RESTORED);
        await restore();
        await fleet.healed(() => fleet.accepted('shop', 'of the backup'));
        await eventually(async () => {
          expect((await fleet.converged('shop')).epoch).toBeGreaterThan(epoch);
        }, CHANGE_LIMIT);
        expect(said()).toContain(RESTORED);
        await fleet.arrives('shop', 'of the backup');
        await fleet.converged('leaving');
        expect((await fleet.containers('leaving')).flat()).toMatchObject([
          { running: true },
          { running: true },
          { running: true },
        ]);
        await change('after the restore');
        await fleet.arrives('shop', 'after the restore');
      });
    },
    2 * LIMIT,
  );
});

describe('a stream that has another state under the revision of the newest', () => {
  it(
    'is given what the database says, under a higher epoch, and no container is touched',
    async () => {
      const { epoch } = await fleet.converged('shop');
      const newest = await fleet.server(0).accepted('shop');
      await fleet.untouched(['shop', 'steady', 'leaving'], async () => {
        await fleet.append('shop', conflicting(newest, { docker_image: IMAGES[1] }));
        await fleet.healed(async () => {
          expect((await fleet.api.wait('shop', 0)).epoch).toBeGreaterThan(epoch);
          for (const server of fleet.servers)
            expect((await server.accepted('shop'))['epoch']).toBeGreaterThan(epoch);
        });
        await fleet.converged('shop');
        const { workers } = await fleet.api.ask<{ workers: object[] }>('GET', '/apps/shop/status');
        expect(workers).toMatchObject(fleet.servers.map(() => ({ state: 'converged', last_error: null })));
      });
    },
    LIMIT,
  );
});

/** The logs of both apis. */
function said(): string {
  return fleet.apis.map(({ process }) => process.output).join('');
}

/** As an operator does it with a server of its own. */
async function backUp(): Promise<void> {
  await fleet.database.stop();
  await cp(fleet.database.data, join(backups, 'data'), { recursive: true });
  await fleet.database.start();
  await fleet.apisReady();
}

/** Healing begins when the database is back; finding it again is a part of it. */
async function restore(): Promise<void> {
  await fleet.database.stop();
  await rm(fleet.database.data, { recursive: true });
  await cp(join(backups, 'data'), fleet.database.data, { recursive: true });
  await fleet.database.start();
}
