import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DesiredStateMessage } from '@nebula/contracts';
import type { Preview } from '../apps/previews.service.js';
import { desiredStateMessage } from '../publishing/desired-state-message.js';
import { AppStore } from '../store/app-store.js';
import type { AppOnWorker } from '../store/fleet-records.js';
import { appOn, recordOf, tombstoneOf, workerOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { FleetApi } from '../workers/testing/fleet-api.js';

let api: FleetApi;

beforeEach(async () => {
  api = await FleetApi.start();
});

afterEach(async () => {
  await api.stop();
});

/** Workers that have an app as it was before the database lost it. */
async function run(app_name: string, ...positions: Partial<AppOnWorker>[]): Promise<void> {
  await api.keep(
    ...positions.map((given, index) => workerOf(`${app_name}-${index}`, { apps: [appOn(app_name, given)] })),
  );
}

async function send(app_name: string, revision: number, epoch = 1): Promise<void> {
  await api.broker.feed.publish(desiredStateMessage(recordOf(app_name, { revision }), epoch));
}

/** What a dry run answers. */
async function foreseen(method: string, path: string, body?: object): Promise<{ preview: Preview }> {
  return (await api.call(method, `${path}?dry_run=true`, body)).body as { preview: Preview };
}

const newest = (app: string): Promise<DesiredStateMessage | null> => api.broker.feed.readNewest(app);
const orphans = async (query = '') => await api.get<Page>(`/orphans${query}`);

interface Page {
  items: { app_name: string; workers: number; epoch: number; revision: number }[];
  next_cursor: string | null;
}

describe('the list of orphans', () => {
  it("has what workers run and the database doesn't know, with how many and the latest that they have", async () => {
    await run('ghost', { revision: 7 }, { revision: 9 }, { epoch: 0, revision: 0, state: 'converging' });
    expect(await orphans()).toEqual({
      items: [{ app_name: 'ghost', workers: 2, epoch: 1, revision: 9 }],
      next_cursor: null,
    });
  });

  it('has no app that the database knows, none that nobody has anything of, and none that was removed', async () => {
    await api.createApp('shop');
    await api.part(AppStore).insert(tombstoneOf('gone'));
    await run('shop', { revision: 5 });
    await run('gone', { revision: 5 });
    await run('never-made', { epoch: 0, revision: 0, state: 'converging' });
    await run('forgotten', { revision: 5, deleted: true });
    expect((await orphans()).items).toEqual([]);
  });

  it('comes page by page', async () => {
    for (const name of ['c', 'a', 'b']) await run(name, { revision: 2 });
    const names = ({ items }: Page) => items.map(({ app_name }) => app_name);
    const first = await orphans('?limit=2');
    expect(names(first)).toEqual(['a', 'b']);
    const last = await orphans(`?limit=2&cursor=${first.next_cursor}`);
    expect([names(last), last.next_cursor]).toEqual([['c'], null]);
  });
});

it('a name that only a worker remembers, as deleted, goes on from there', async () => {
  await run('gone', { revision: 5, deleted: true });
  const answer = await api.call('POST', '/apps', { app_name: 'gone', docker_image: 'shop:2' });
  expect(answer).toMatchObject({ status: 201, body: { revision: 6 } });
});

describe('an orphan', () => {
  it.each(['POST', 'PUT'])('is taken over by %s, above what stream and workers have', async (method) => {
    await run('ghost', { revision: 9 });
    await send('ghost', 7);
    const spec = { app_name: 'ghost', docker_image: 'shop:2' };
    const answer = await api.call(method, method === 'POST' ? '/apps' : '/apps/ghost', spec);
    expect(answer).toMatchObject({ status: 201, body: { revision: 10 } });
    await eventually(async () => expect(await newest('ghost')).toMatchObject({ epoch: 1, revision: 10 }));
    expect((await orphans()).items).toEqual([]);
  });

  it.each<[string, number, number]>([
    ['the workers', 9, 7],
    ['the stream', 7, 9],
  ])('is deleted by a tombstone above what %s have', async (_who, held, sent) => {
    await run('ghost', { revision: held });
    await send('ghost', sent);
    const answer = await api.call('DELETE', '/apps/ghost');
    expect(answer).toEqual({ status: 202, body: { app_name: 'ghost', revision: 10 } });
    await eventually(async () =>
      expect(await newest('ghost')).toMatchObject({ revision: 10, deleted: true }),
    );
    expect(await api.part(AppStore).get('ghost')).toMatchObject({ revision: 10, deleted: true, spec: null });
    expect((await orphans()).items).toEqual([]);
    expect((await api.call('DELETE', '/apps/ghost')).status).toBe(404);
  });

  it.each<[string, string, object?]>([
    ['POST', '/apps', { app_name: 'ghost', docker_image: 'shop:2' }],
    ['PUT', '/apps/ghost', { docker_image: 'shop:2' }],
    ['DELETE', '/apps/ghost'],
  ])(
    'is foreseen by a dry run of %s with the revision that the call makes, and left alone',
    async (...call) => {
      const [method, path, body] = call;
      await run('ghost', { epoch: 4, revision: 9 });
      await send('ghost', 11, 2);
      const dry = await api.call(method, `${path}?dry_run=true`, body);
      expect(dry).toMatchObject({ body: { revision: 12, preview: { revision: null } } });
      expect(await api.part(AppStore).get('ghost')).toBeNull();
      expect(await api.part(AppStore).epoch()).toBe(1);
      expect(await newest('ghost')).toMatchObject({ epoch: 2, revision: 11 });
      const { status, body: made } = await api.call(method, path, body);
      expect(made).toMatchObject({ revision: 12 });
      expect(dry.status).toBe(status);
      expect(await api.part(AppStore).epoch()).toBe(5);
    },
  );

  it.each<[string, string, object | undefined, string]>([
    ['DELETE', '/apps/ghost', undefined, 'removed'],
    ['POST', '/apps', { app_name: 'ghost', docker_image: 'shop:2' }, 'taken over'],
    ['PUT', '/apps/ghost', { docker_image: 'shop:2' }, 'taken over'],
    ['PUT', '/apps/ghost', { docker_image: 'shop:2', running: false }, 'removed'],
  ])('has containers, of which a dry run of %s %s %j says that they are %s', async (...call) => {
    const [method, path, body, containers] = call;
    await run('ghost', { revision: 9 }, { revision: 8 }, { revision: 7, deleted: true });
    const { preview } = await foreseen(method, path, body);
    expect(preview).toMatchObject({ containers, workers: { all: 2 } });
  });

  it('has none to take over where workers list it alone, or have nothing of it any more', async () => {
    await run('ghost', { epoch: 0, revision: 0, state: 'converging' }, { revision: 7, deleted: true });
    const { preview } = await foreseen('PUT', '/apps/ghost', { docker_image: 'shop:2' });
    expect(preview.containers).toBe('made');
    const stopped = await foreseen('PUT', '/apps/ghost', { docker_image: 'shop:2', running: false });
    expect(stopped.preview.containers).toBe('left alone');
  });

  it('that only a stream has is said to have its containers removed, as an app that no worker has', async () => {
    await send('ghost', 7);
    const { preview } = await foreseen('DELETE', '/apps/ghost');
    expect(preview).toMatchObject({ containers: 'removed', workers: { all: 0, offline: 0 } });
  });

  it('that only a stream has can be deleted, since the next worker would run it', async () => {
    await send('ghost', 7);
    expect(await api.call('DELETE', '/apps/ghost')).toMatchObject({ status: 202, body: { revision: 8 } });
    await eventually(async () => expect(await newest('ghost')).toMatchObject({ revision: 8, deleted: true }));
  });

  it("of a higher epoch raises the database's, so that workers follow", async () => {
    await run('ghost', { epoch: 3, revision: 2 });
    expect(await api.call('DELETE', '/apps/ghost')).toMatchObject({ status: 202 });
    await eventually(async () => expect(await newest('ghost')).toMatchObject({ epoch: 4, deleted: true }));
  });

  it('of the epoch of a restore, which the database has lost with all else, raises it, too', async () => {
    const restored = Math.floor(Date.now() / 1_000) - 86_400;
    await run('ghost', { epoch: restored, revision: 2 });
    expect(await api.call('DELETE', '/apps/ghost')).toMatchObject({ status: 202 });
    await eventually(async () =>
      expect(await newest('ghost')).toMatchObject({ epoch: restored + 1, revision: 3, deleted: true }),
    );
  });

  it('is no way for a worker to use up revisions and epochs', async () => {
    await run('ghost', { epoch: 2 ** 53 - 1, revision: 2 });
    await run('ghost-2', { revision: 2 ** 53 - 1 });
    for (const name of ['ghost', 'ghost-2']) {
      const answer = await api.call('DELETE', `/apps/${name}`);
      expect(answer).toEqual({ status: 202, body: { app_name: name, revision: 1 } });
    }
    expect(await api.part(AppStore).epoch()).toBe(1);
  });

  it('has no revision that a request could expect', async () => {
    await run('ghost', { revision: 7 });
    const headers = { 'if-match': '"7"' };
    const answer = await fetch(`${api.url}/apps/ghost`, { method: 'DELETE', headers });
    expect(answer.status).toBe(412);
  });
});

it.each([
  ['of which nobody has heard', null],
  ['of which the stream has but the tombstone', 4],
])("an app %s can't be deleted", async (_what, revision) => {
  const message = desiredStateMessage(tombstoneOf('ghost', { revision: revision ?? 1 }), 1);
  if (revision !== null) await api.broker.feed.publish(message);
  expect(await api.call('DELETE', '/apps/ghost')).toMatchObject({ status: 404 });
});
