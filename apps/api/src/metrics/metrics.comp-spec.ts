import { afterEach, describe, expect, it } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOGIN } from '../access/testing/logins.js';
import type { ApiOptions } from '../api-options.js';
import { Clock } from '../clock.js';
import { PROBLEMS } from '../http/problem-types.js';
import { OrphanWatch } from '../orphans/orphan-watch.js';
import { FaultyFeed } from '../publishing/testing/faulty-feed.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { FleetStore } from '../store/fleet-store.js';
import { recordOf, reportOf } from '../store/testing/records.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { FaultyStore } from '../testing/faulty-store.js';

let api: ApiUnderTest;
async function start(given: Partial<ApiOptions> = {}): Promise<void> {
  api = await ApiUnderTest.start(given);
}
afterEach(async () => await api.stop());

/** Every sample that a scrape finds now, by its name and labels. */
async function scraped(): Promise<Map<string, number>> {
  const { status, body } = await api.call('GET', '//metrics');
  expect(status).toBe(200);
  const lines = String(body)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** What was observed before counts no more. */
function later(): void {
  const clock = api.api.get(Clock);
  const before = clock.elapsed();
  clock.elapsed = () => before + 3_600_000;
}

describe('the metrics', () => {
  it("are in Prometheus' text format, each with what it means", async () => {
    await start();
    const { headers, body } = await api.call('GET', '//metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const named = (word: string) =>
      [...String(body).matchAll(new RegExp(`^# ${word} (\\S+) `, 'gm'))].map(([, name]) => name);
    expect(named('HELP').length).toBeGreaterThan(15);
    expect(named('TYPE')).toEqual(named('HELP'));
    expect(body).toContain('nebula_build_info{program="api",version="3.0.0-test"');
    expect((await api.call('HEAD', '//metrics')).status).toBe(200);
  });

  it('are for who may see all apps, as they name them', async () => {
    await start({ login: LOGIN });
    expectProblem(await api.call('GET', '//metrics'), PROBLEMS.unauthenticated);
  });

  it('count requests by route, so that paths that somebody tries make no series', async () => {
    await start();
    await api.create('shop');
    for (const app of ['shop', 'none', 'never']) await api.call('GET', `/apps/${app}`);
    for (const path of ['/nowhere', '/else']) await api.call('GET', path);
    await eventually(async () => {
      const samples = await scraped();
      const of = (labels: string) => samples.get(`nebula_http_requests_total{${labels}}`);
      expect(of('method="GET",route="/api/v3/apps/:app",status="200"')).toBe(1);
      expect(of('method="GET",route="/api/v3/apps/:app",status="404"')).toBe(2);
      expect(of('method="GET",route="unknown",status="404"')).toBe(2);
      const durations = 'nebula_http_request_duration_seconds_count{method="GET",route="/api/v3/apps/:app"}';
      expect(samples.get(durations)).toBe(3);
      expect([...samples.keys()].join()).not.toMatch(/nowhere|never/);
    });
  });

  it('tell how a change goes out, and what waits while a broker is away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-metrics-'));
    const feed = new FaultyFeed(new InProcessBroker({ directory: folder }).feed, 'eu');
    await start({ feeds: [feed] });
    await api.create('shop');
    await eventually(async () => {
      later();
      const samples = await scraped();
      expect(samples.get('nebula_feed_publish_duration_seconds_count{region="eu"}')).toBe(1);
      expect(samples.get('nebula_publish_delay_seconds_count{region="eu"}')).toBe(1);
      expect(samples.get('nebula_outbox_apps{region="eu"}')).toBe(0);
      expect(samples.get('nebula_outbox_oldest_age_seconds{region="eu"}')).toBe(0);
      expect(samples.get('nebula_api_ready{check="feed eu"}')).toBe(1);
    });
    feed.away = true;
    await api.call('POST', '/apps/shop/restart');
    await api.create('web');
    await eventually(async () => {
      later();
      const samples = await scraped();
      expect(samples.get('nebula_outbox_apps{region="eu"}')).toBe(2);
      expect(samples.get('nebula_outbox_oldest_age_seconds{region="eu"}')).toBeGreaterThan(0);
      expect(samples.get('nebula_feed_publish_failures_total{region="eu"}')).toBeGreaterThan(0);
      expect(samples.get('nebula_api_ready{check="feed eu"}')).toBe(0);
    });
    await api.stop();
    await rm(folder, { recursive: true });
  });

  it('count from when a region was added, not from when its apps were changed long ago', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-metrics-'));
    const path = join(folder, 'nebula.db');
    const feed = new FaultyFeed(new InProcessBroker({ directory: join(folder, 'feed') }).feed, 'us');
    feed.away = true;
    await start({ store: { kind: 'sqlite', path }, feeds: [] });
    await api.store.insert(recordOf('old', { updated_at: '2026-01-01T00:00:00.000Z' }));
    await api.stop();
    await start({ store: { kind: 'sqlite', path }, feeds: [feed] });
    const began = api.api.get(Clock).now();
    const age = async () => {
      later();
      return (await scraped()).get('nebula_outbox_oldest_age_seconds{region="us"}') ?? NaN;
    };
    expect(await age()).toBeLessThan(60);
    // It goes on from there for as long as the broker is away.
    api.api.get(Clock).now = () => began + 600_000;
    expect(await age()).toBeGreaterThanOrEqual(600);
    api.api.get(Clock).now = () => began + 700_000;
    feed.away = false;
    await eventually(async () => expect(await age()).toBe(0));
    const delays = async () => (await scraped()).get('nebula_publish_delay_seconds_count{region="us"}');
    expect(await delays()).toBe(0);
    // A new app was changed under the eyes of this api, and what has a mark was there before.
    await api.create('new');
    await eventually(async () => expect(await delays()).toBe(1));
    await api.call('POST', '/apps/old/restart');
    await eventually(async () => expect(await delays()).toBe(2));
    // An old change that comes to wait is counted from when nothing waited.
    feed.away = true;
    api.api.get(Clock).now = () => began + 800_000;
    await api.store.insert(recordOf('restored', { updated_at: '2026-01-01T00:00:00.000Z' }));
    expect(await age()).toBeCloseTo(100, 0);
    await api.stop();
    await rm(folder, { recursive: true });
  });

  it('tell what workers say, and how far they are, without a series for each', async () => {
    await start();
    await api.create('shop');
    for (const worker_id of ['w1', 'w2']) api.broker.reports.publish(reportOf({ worker_id }));
    api.broker.reports.publish(reportOf({ worker_id: 'w3', state: 'failed' }));
    api.broker.reports.publish({ ...reportOf(), sequence: -1 });
    await eventually(async () => {
      later();
      const samples = await scraped();
      expect(samples.get('nebula_reports_total{outcome="fresh"}')).toBe(3);
      expect(samples.get('nebula_reports_total{outcome="invalid"}')).toBe(1);
      expect(samples.get('nebula_workers{state="online"}')).toBe(3);
      expect(samples.get('nebula_workers{state="offline"}')).toBe(0);
      expect(samples.get('nebula_app_workers{app="shop",state="converged"}')).toBe(2);
      expect(samples.get('nebula_app_workers{app="shop",state="failed"}')).toBe(1);
      expect(samples.get('nebula_apps')).toBe(1);
      expect(samples.get('nebula_convergence_seconds_count')).toBe(2);
      expect([...samples.keys()].join()).not.toContain('w1');
    });
  });

  it("have no value where the store can't tell one, and all others", async () => {
    await start();
    const orphans = async () => (await scraped()).get('nebula_orphan_apps');
    expect(await orphans()).toBeUndefined();
    await api.api.get(OrphanWatch).look();
    expect(await orphans()).toBe(0);
    later();
    new FaultyStore(api.store).fail(new StoreUnavailableError('away'), 'epoch', 'problem');
    const away = () => Promise.reject(new StoreUnavailableError('away'));
    Object.assign(api.api.get(FleetStore), { census: away, appNames: away });
    await api.api.get(OrphanWatch).look();
    const samples = await scraped();
    const names = [...samples.keys()].map((key) => key.replace(/\{.*/, ''));
    for (const name of ['workers', 'app_workers', 'outbox_apps', 'orphan_apps', 'epoch'])
      expect(names).not.toContain(`nebula_${name}`);
    expect(names).toContain('nebula_reports_total');
  });

  it('have what runs in the same process, too', async () => {
    await start({ more_metrics: [{ metrics: async () => 'nebula_worker_apps 3\n' }] });
    expect((await scraped()).get('nebula_worker_apps')).toBe(3);
  });
});
