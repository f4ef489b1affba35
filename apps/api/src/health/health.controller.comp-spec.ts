import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import type { ApiOptions, ReadinessCheck } from '../api-options.js';
import { Clock } from '../clock.js';
import { PROBLEMS } from '../http/problem-types.js';
import { FaultyFeed } from '../publishing/testing/faulty-feed.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { FaultyStore } from '../testing/faulty-store.js';

let api: ApiUnderTest;
async function start(given: Partial<ApiOptions> = {}): Promise<void> {
  api = await ApiUnderTest.start(given);
}
afterEach(async () => await api.stop());

/** A Docker Engine as a check sees it. */
function engine(problem: ReadinessCheck['problem']): Partial<ApiOptions> {
  return { readiness: [{ name: 'docker', problem }] };
}

interface Checks {
  checks: { name: string; problem: string | null }[];
}

/** What is missing according to a 503, by name. */
async function missing(): Promise<{ detail: string; problems: Record<string, string | null> }> {
  const answer = await api.call('GET', '//readyz');
  const { detail } = expectProblem(answer, PROBLEMS.notReady);
  const { checks } = answer.body as Checks;
  return { detail, problems: Object.fromEntries(checks.map(({ name, problem }) => [name, problem])) };
}

const WELL = { store: null, 'feed local': null, reports: null, docker: null };

describe('/healthz', () => {
  it('says that the program lives, whatever is missing', async () => {
    await start(engine(async () => 'no engine answers'));
    const store = new FaultyStore(api.store);
    store.fail(new StoreUnavailableError('away'), 'get', 'list', 'problem', 'epoch');
    const answer = await api.call('GET', '//healthz');
    expect(answer).toMatchObject({ status: 200, body: { status: 'ok', version: '3.0.0-test' } });
    expect((await api.call('HEAD', '//healthz')).status).toBe(200);
  });
});

describe('/readyz', () => {
  it('lists what was looked at when all is well', async () => {
    await start(engine(async () => null));
    const answer = await api.call('GET', '//readyz');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      status: 'ok',
      checks: Object.keys(WELL).map((name) => ({ name, problem: null })),
    });
  });

  it('has the engine as a check only where there is one', async () => {
    await start();
    const { body } = await api.call('GET', '//readyz');
    expect((body as Checks).checks.map(({ name }) => name)).toEqual(['store', 'feed local', 'reports']);
  });

  it('says that the engine is missing, and that it is back', async () => {
    let problem: string | null = 'no Docker Engine answers at unix:///var/run/docker.sock';
    await start(engine(async () => problem));
    expect(await missing()).toEqual({
      detail: 'docker: no Docker Engine answers at unix:///var/run/docker.sock.',
      problems: { ...WELL, docker: problem },
    });
    problem = null;
    await eventually(async () => expect((await api.call('GET', '//readyz')).status).toBe(200));
  });

  it('says that the store is missing', async () => {
    await start(engine(async () => null));
    api.store.problem = async () => 'the database is away';
    expect(await missing()).toEqual({
      detail: 'store: the database is away.',
      problems: { ...WELL, store: 'the database is away' },
    });
  });

  it('looks once for all who ask within a second', async () => {
    let looked = 0;
    let end = () => {};
    const gate = new Promise<null>((resolve) => (end = () => resolve(null)));
    await start(
      engine(async () => {
        looked += 1;
        return await gate;
      }),
    );
    const clock = api.api.get(Clock);
    clock.elapsed = () => 5_000;
    const ask = async () => (await api.call('GET', '//readyz')).status;
    const all = Promise.all(Array.from({ length: 20 }, ask));
    await eventually(() => expect(looked).toBeGreaterThan(0));
    end();
    expect(new Set(await all)).toEqual(new Set([200]));
    clock.elapsed = () => 5_999;
    await ask();
    expect(looked).toBe(1);
    clock.elapsed = () => 6_000;
    await ask();
    expect(looked).toBe(2);
  });

  it('has no password in what it says', async () => {
    await start(engine(async () => 'amqp://u:hunter2@rabbit is away'));
    expect((await missing()).problems).toEqual({ ...WELL, docker: 'amqp://[redacted]@rabbit is away' });
  });

  it('says which feed is missing', async () => {
    await start();
    const feed = new FaultyFeed(api.broker.feed, 'far');
    await api.stop();
    feed.away = true;
    await start({ feeds: [feed] });
    expect((await missing()).problems).toEqual({
      ...{ store: null, 'feed far': 'the feed is away', reports: null },
    });
  });

  it('serves while one of several regions is there, and says which is not', async () => {
    await start();
    const [eu, us] = [new FaultyFeed(api.broker.feed, 'eu'), new FaultyFeed(api.broker.feed, 'us')];
    await api.stop();
    us.away = true;
    await start({ feeds: [eu, us] });
    const answer = await api.call('GET', '//readyz');
    expect(answer).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect((answer.body as Checks).checks).toContainEqual({ name: 'feed us', problem: 'the feed is away' });
    eu.away = true;
    await eventually(async () => {
      expect(Object.keys((await missing()).problems)).toEqual(['store', 'feed eu', 'feed us', 'reports']);
    });
  });

  it("says that reports don't arrive", async () => {
    const broker = new InProcessBroker({ directory: join(tmpdir(), 'nebula-no-feed') });
    const reports = Object.assign(broker.reportStrategy(), { problem: () => 'the queue is missing' });
    await start({ reports });
    expect((await missing()).problems).toEqual({
      ...{ store: null, 'feed local': null, reports: 'the queue is missing' },
    });
  });

  it('says all that is missing at once', async () => {
    await start(engine(async () => 'the engine is away'));
    api.store.problem = async () => 'the database is away';
    expect((await missing()).detail).toBe('store: the database is away; docker: the engine is away.');
  });

  it("doesn't wait long for a check that never answers", async () => {
    await start(engine(() => new Promise<never>(() => {})));
    expect((await missing()).problems).toEqual({ ...WELL, docker: 'does not answer within 2 s' });
  });

  it('says of a check that fails no more than that, which the log does', async () => {
    await start(engine(() => Promise.reject(new Error('secret of the inside'))));
    expect((await missing()).problems).toEqual({ ...WELL, docker: 'could not be checked' });
    expect(api.problems).toEqual([
      expect.stringMatching(/a check of readiness failed.*secret of the inside/),
    ]);
  });
});
