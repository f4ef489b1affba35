import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { PullOptions, PullProgress } from '../container-runtime/container-runtime.js';
import { progressText } from './progress-text.js';
import { type PullRequest, type SharedPull, SharedPulls } from './shared-pulls.js';

const SOME: PullProgress = { downloaded_bytes: 1_500_000, known_bytes: 12_000_000, all_known: false };

/** One call of the engine that has not ended. */
interface Call {
  image: string;
  options: PullOptions;
  signal: AbortSignal;
  end: (id: string) => void;
  fail: (error: Error) => void;
}

/** An engine whose pulls end when the test says so, and the pulls with it. */
function pullsWith(parallelism = 3): {
  pulls: SharedPulls;
  calls: Call[];
  told: SharedPull[];
  open: () => number;
} {
  const calls: Call[] = [];
  const told: SharedPull[] = [];
  let open = 0;
  const engine = (image: string, signal: AbortSignal, options: PullOptions): Promise<string> =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('ended by its signal')), { once: true });
      calls.push({ image, options, signal, end: resolve, fail: reject });
    });
  const pulls = new SharedPulls(engine, parallelism, (pull) => {
    told.push(pull);
    open += 1;
    return () => {
      open -= 1;
    };
  });
  return { pulls, calls, told, open: () => open };
}

function request(app: string, given: Partial<PullRequest> = {}): PullRequest {
  const signal = new AbortController().signal;
  return { app, image: 'shop:1', platform: null, anyBuild: true, signal, ...given };
}

describe('pulls of one image', () => {
  it('happen once by whichever name of Docker Hub it is wanted', async () => {
    const { pulls, calls } = pullsWith();
    const images = ['shop:1', 'docker.io/library/shop:1', 'index.docker.io/library/shop:1'];
    const wanted = images.map((image) => pulls.pull(request(image, { image })));
    await turn();
    expect(calls).toHaveLength(1);
    calls[0]?.end('id 1');
    expect(await Promise.all(wanted)).toEqual(['id 1', 'id 1', 'id 1']);
  });

  it('happen once for all who want it', async () => {
    const { pulls, calls, told, open } = pullsWith();
    const wanted = ['a', 'b', 'c'].map((app) => pulls.pull(request(app)));
    await turn();
    calls[0]?.options.onProgress?.(SOME);
    const later = pulls.pull(request('d'));
    await turn();
    expect(calls).toHaveLength(1);
    expect(told[0]?.apps()).toEqual(['a', 'b', 'c', 'd']);
    calls[0]?.end('id 1');
    expect(await Promise.all([...wanted, later])).toEqual(['id 1', 'id 1', 'id 1', 'id 1']);
    expect(open()).toBe(0);
  });

  it('of releases are shared only until the registry has said which build it is', async () => {
    const { pulls, calls } = pullsWith();
    const first = pulls.pull(request('a', { anyBuild: false }));
    const second = pulls.pull(request('b', { anyBuild: false }));
    await turn();
    calls[0]?.options.onProgress?.(SOME);
    // The tag may have moved since then.
    const third = pulls.pull(request('c', { anyBuild: false }));
    const fourth = pulls.pull(request('d', { anyBuild: true }));
    await turn();
    expect(calls).toHaveLength(1);
    calls[0]?.end('old');
    expect(await Promise.all([first, second])).toEqual(['old', 'old']);
    await turn();
    expect(calls).toHaveLength(2);
    calls[1]?.end('new');
    expect(await Promise.all([third, fourth])).toEqual(['new', 'new']);
  });

  it('for two platforms come one after the other', async () => {
    const { pulls, calls } = pullsWith();
    const one = pulls.pull(request('a', { platform: 'linux/amd64' }));
    const other = pulls.pull(request('b', { platform: 'linux/arm64' }));
    await turn();
    expect(calls.map(({ options }) => options.platform)).toEqual(['linux/amd64']);
    calls[0]?.end('amd64');
    expect(await one).toBe('amd64');
    await turn();
    calls[1]?.end('arm64');
    expect(await other).toBe('arm64');
  });

  it('fail for all who want it, and are tried anew by the next', async () => {
    const { pulls, calls } = pullsWith();
    const wanted = ['a', 'b'].map((app) => pulls.pull(request(app)));
    const outcomes = Promise.allSettled(wanted);
    await turn();
    calls[0]?.fail(new Error('registry away'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = pulls.pull(request('a'));
    await turn();
    calls[1]?.end('id 1');
    expect(await again).toBe('id 1');
  });

  it('end when nobody wants it any more, and not before', async () => {
    const { pulls, calls, open } = pullsWith();
    const leaving = [new AbortController(), new AbortController()];
    const wanted = leaving.map(({ signal }, index) => pulls.pull(request(String(index), { signal })));
    const outcomes = Promise.allSettled(wanted);
    await turn();
    leaving[0]?.abort();
    await turn();
    expect(calls[0]?.signal.aborted).toBe(false);
    leaving[1]?.abort();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls[0]?.signal.aborted).toBe(true);
    // Who wants it after that does not get what was ended.
    const next = pulls.pull(request('c'));
    await turn();
    calls[1]?.end('id 2');
    expect(await next).toBe('id 2');
    expect(open()).toBe(0);
  });
});

describe('pulls of several images', () => {
  it('are so many at a time, and one that is not wanted any more takes no place', async () => {
    const { pulls, calls, told } = pullsWith(2);
    const leaving = new AbortController();
    const images = ['a', 'b', 'c', 'd'];
    const wanted = images.map((image) =>
      pulls.pull(request('web', { image, ...(image === 'c' ? { signal: leaving.signal } : {}) })),
    );
    const outcomes = Promise.allSettled(wanted);
    await turn();
    expect(calls.map(({ image }) => image)).toEqual(['a', 'b']);
    expect(told.map(progressText)[2]).toBe('waiting for other pulls to pull c');
    leaving.abort();
    calls[0]?.end('id a');
    await turn();
    await turn();
    expect(calls.map(({ image }) => image)).toEqual(['a', 'b', 'd']);
    calls[1]?.end('id b');
    calls[2]?.end('id d');
    expect((await outcomes).map((end) => (end.status === 'fulfilled' ? end.value : 'ended'))).toEqual([
      ...['id a', 'id b', 'ended', 'id d'],
    ]);
  });
});

describe('progressText', () => {
  const pull = { image: 'registry:5000/shop:2', platform: null, apps: () => [], state: 'known' } as const;

  it.each([
    [null, ''],
    [{ downloaded_bytes: 0, known_bytes: 0, all_known: false }, ''],
    [{ downloaded_bytes: 1_540_000, known_bytes: 20_000_000, all_known: false }, ', 1.5 of at least 20 MB'],
    [{ downloaded_bytes: 45_000_000, known_bytes: 120_000_000, all_known: true }, ', 45 of 120 MB'],
  ])('of %j', (progress, end) => {
    expect(progressText({ ...pull, progress })).toBe(`pulling registry:5000/shop:2 from registry:5000${end}`);
  });
});
