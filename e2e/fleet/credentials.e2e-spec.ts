import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { makeMongoUser, removeMongoUser, urlWithLogin } from '../../tools/services/mongo-users.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT } from '../testing/fleet.js';
import { IMAGES } from '../testing/fleet-server.js';
import { SteadyLoad } from '../testing/steady-load.js';
import { StreamView } from '../testing/stream-view.js';

/** As docs/backup.md says it under "New credentials, without an outage", in that order, with its steps. */

/** A step restarts up to eight services, one after the other. */
const LIMIT = 5 * CHANGE_LIMIT;
const APPS = ['shop', 'steady', 'noted'];
const ADMIN = { user: 'admin', password: secret('d4tabase-Admin') };
const OLD = { user: 'nebula', password: secret('d4tabase-Old') };
const NEW = { user: 'nebula-2', password: secret('d4tabase-New') };
const PIN = secret('v4lue-of-the-App');
const key = (fill: string) => secret(Buffer.alloc(32, fill).toString('base64'));

let fleet: Fleet;
let load: SteadyLoad;

beforeAll(async () => {
  fleet = await Fleet.start({ apps: APPS, databaseUsers: { admin: ADMIN, api: OLD } });
  for (const app_name of APPS) {
    const secrets = { env_vars: { PIN }, secret_env_vars: ['PIN'] };
    await fleet.api.create({ app_name, docker_image: IMAGES[0], ...(app_name === 'noted' ? {} : secrets) });
  }
  fleet.startWorkers();
  for (const app of APPS) await fleet.converged(app);
  load = new SteadyLoad(
    fleet.apis.map(({ api }) => api),
    'steady',
    'noted',
  );
  load.start();
}, FLEET_START_LIMIT);

afterAll(async () => {
  await load?.stop();
  await fleet.end();
}, FLEET_START_LIMIT);

afterEach(() => {
  expect(fleet.unexpectedEnds).toEqual([]);
});

/** What a step has to keep: every request is answered by one api at least, no container is touched, changes arrive. */
async function withoutOutage(step: () => Promise<void>): Promise<void> {
  const [asked, changes] = [load.asked, load.changes];
  await fleet.untouched(APPS, step);
  expect(load.failures).toEqual([]);
  expect(load.asked).toBeGreaterThan(asked);
  expect(load.changes).toBeGreaterThan(changes);
  await fleet.arrives('shop', await fleet.change('shop'));
  expect(await fleet.variable('shop', 'PIN')).toEqual(fleet.servers.map(() => [PIN]));
}

/** One api after the other is restarted with another configuration, each when the one before serves again. */
async function restartApis(changes: Record<string, string>): Promise<void> {
  for (const { process, api } of fleet.apis) {
    expect(await process.stop()).toBe(0);
    process.configure(changes);
    process.start();
    await eventually(async () => expect(await api.isReady()).toBe(true), CHANGE_LIMIT);
  }
}

/** Runs a command of the api's program, configured as the first api and with what is changed. */
async function command(words: string[], changes: Record<string, string> = {}) {
  const { configuration } = fleet.apiNumber(0).process;
  const process = fleet.extra(words.join(' '), 'api', { ...configuration, ...changes }, ...words);
  return { code: await process.run(), output: process.output };
}

/** Whether the broker lets a user in. */
async function isLetIn(user: string, password: string): Promise<boolean> {
  const host = fleet.broker.hosts[0] ?? '';
  const view = new StreamView({ ...{ host, user, password }, vhost: 'nebula' });
  return await view.messages('steady').then(
    () => true,
    (error: unknown) => {
      expect(String(error)).toContain('ACCESS_REFUSED');
      return false;
    },
  );
}

async function usersOfConnections(): Promise<string[]> {
  const answer = await fleet.broker.manage('GET', '/api/connections?columns=user');
  return (JSON.parse(answer) as { user: string }[]).map(({ user }) => user);
}

describe('new credentials while apis and workers go on', () => {
  it(
    'of the database',
    async () => {
      const MONGO_URL = urlWithLogin(fleet.database.url, NEW);
      const before = fleet.apiNumber(0).process.configuration;
      await withoutOutage(async () => {
        await makeMongoUser(fleet.database, ADMIN, NEW);
        await restartApis({ MONGO_URL });
        await removeMongoUser(fleet.database, ADMIN, OLD.user);
      });
      expect(before['MONGO_URL']).toBe(urlWithLogin(fleet.database.url, OLD));
      expect(await command(['rotate-secrets'])).toMatchObject({ code: 0 });
      expect(await command(['rotate-secrets'], { MONGO_URL: before['MONGO_URL'] ?? '' })).toMatchObject({
        ...{ code: 1, output: expect.stringContaining('refuses the user or the password') },
      });
    },
    LIMIT,
  );

  it(
    "of the broker, the api's user",
    async () => {
      const { RABBIT_USER = '', RABBIT_PASSWORD = '' } = fleet.apiNumber(0).process.configuration;
      const changed = { RABBIT_USER: 'nebula-api-2', RABBIT_PASSWORD: secret('br0ker-Api') };
      await withoutOutage(async () => {
        await fleet.setUpBroker(changed);
        await restartApis(changed);
        await fleet.broker.manage('DELETE', `/api/users/${RABBIT_USER}`);
      });
      expect(await isLetIn(changed.RABBIT_USER, changed.RABBIT_PASSWORD)).toBe(true);
      expect(await isLetIn(RABBIT_USER, RABBIT_PASSWORD)).toBe(false);
    },
    LIMIT,
  );

  it(
    "of the broker, the workers' user",
    async () => {
      const { RABBIT_USER: user = '', RABBIT_PASSWORD: password = '' } = fleet.server(0).worker.configuration;
      const changed = { RABBIT_USER: 'nebula-worker-2', RABBIT_PASSWORD: secret('br0ker-W0rker') };
      await withoutOutage(async () => {
        const { RABBIT_USER = '', RABBIT_PASSWORD = '' } = fleet.apiNumber(0).process.configuration;
        await fleet.setUpBroker({
          ...{ RABBIT_USER, RABBIT_PASSWORD },
          ...{ RABBIT_WORKER_USER: changed.RABBIT_USER, RABBIT_WORKER_PASSWORD: changed.RABBIT_PASSWORD },
        });
        for (const server of fleet.servers) {
          expect(await server.worker.stop()).toBe(0);
          server.worker.configure(changed);
          server.worker.start();
          await fleet.converged('steady');
        }
        await eventually(async () => expect(await usersOfConnections()).not.toContain(user), CHANGE_LIMIT);
        await fleet.broker.manage('DELETE', `/api/users/${user}`);
      });
      expect(await isLetIn(changed.RABBIT_USER, changed.RABBIT_PASSWORD)).toBe(true);
      expect(await isLetIn(user, password)).toBe(false);
    },
    LIMIT,
  );

  it(
    'the key of secrets',
    async () => {
      const { SECRET_KEYS: before = '' } = fleet.apiNumber(0).process.configuration;
      const added = `k2:${key('new')}`;
      await withoutOutage(async () => {
        await restartApis({ SECRET_KEYS: `${before},${added}` });
        await restartApis({ SECRET_KEYS: `${added},${before}` });
        const { code, output } = await command(['rotate-secrets']);
        const sealed = [...output.matchAll(/^(\w+): its secrets are sealed with the key "k2" now$/gm)];
        expect([code, sealed.map(([, app]) => app).toSorted()]).toEqual([0, ['shop', 'steady']]);
        expect(await command(['rotate-secrets'])).toMatchObject({
          ...{ code: 0, output: expect.stringMatching(/^0 apps were changed to the key "k2"\n$/m) },
        });
        await restartApis({ SECRET_KEYS: added });
      });
      // Nothing is left that the old one could read.
      const { code, output } = await command(['rotate-secrets'], { SECRET_KEYS: before });
      expect(code).toBe(1);
      expect(output).toMatch(
        /0 apps were changed to the key "k1"; \d+ revisions have secrets that can not be read\n$/,
      );
    },
    LIMIT,
  );

  it(
    'has lost no change of all that was asked for meanwhile',
    async () => {
      await load.stop();
      expect(load.failures).toEqual([]);
      // Each api was stopped five times, so something had to be repeated.
      expect(load.repeated).toBeGreaterThan(0);
      const { revision } = await fleet.converged('noted');
      expect(revision).toBe(1 + load.changes);
      for (const server of fleet.servers) {
        expect(await server.accepted('noted')).toMatchObject({
          ...{ revision, spec: { update: { max_unavailable: 1 + load.changes } } },
        });
      }
    },
    LIMIT,
  );
});
