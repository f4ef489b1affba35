import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MOST_OLD_MS, RecentReadings } from './recent-readings.js';

const START = Date.parse('2026-01-01T00:00:00.000Z');

/** A store of which each answer takes so long, milliseconds, and is the number of the reading, from 1. */
class SlowStore {
  readings = 0;
  failure: Error | null = null;

  constructor(public takes: number) {}

  readonly read = async (): Promise<number> => {
    const number = (this.readings += 1);
    await new Promise((resolve) => setTimeout(resolve, this.takes));
    if (this.failure) throw this.failure;
    return number;
  };
}

beforeEach(() => {
  jest.useFakeTimers({ now: START });
});

afterEach(() => {
  jest.useRealTimers();
});

function readings(): RecentReadings<number> {
  return new RecentReadings({ now: () => Date.now() });
}

/** What was answered, after the time that it took. */
async function after<T>(ms: number, answer: Promise<T>): Promise<T> {
  let isThere = false;
  answer.then(
    () => (isThere = true),
    () => (isThere = true),
  );
  await jest.advanceTimersByTimeAsync(ms);
  expect(isThere).toBe(true);
  return await answer;
}

describe('what is asked of a quick store', () => {
  it('is read anew each time, and nothing of it is kept', async () => {
    const store = new SlowStore(20);
    const recent = readings();
    for (const number of [1, 2, 3])
      expect(await after(20, recent.ask('a', store.read))).toMatchObject({ value: number });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is read once for all who ask at the same time, each question for itself', async () => {
    const store = new SlowStore(20);
    const recent = readings();
    const asked = ['a', 'a', 'b', 'a'].map((key) => recent.ask(key, store.read));
    expect((await after(20, Promise.all(asked))).map(({ value }) => value)).toEqual([1, 1, 2, 1]);
  });
});

describe('what is asked of a slow store', () => {
  it('is answered from what was read last while the store rests, and says how old it is', async () => {
    const store = new SlowStore(1_000);
    const recent = readings();
    await after(1_000, recent.ask('a', store.read));
    await jest.advanceTimersByTimeAsync(2_999);
    expect(await after(0, recent.ask('a', store.read))).toMatchObject({ value: 1, as_of: START });
    expect(store.readings).toBe(1);
  });

  it('is read anew after that, and answered soon meanwhile', async () => {
    const store = new SlowStore(1_000);
    const recent = readings();
    await after(1_000, recent.ask('a', store.read));
    await jest.advanceTimersByTimeAsync(3_000);
    const [one, other] = [recent.ask('a', store.read), recent.ask('a', store.read)];
    expect(await after(100, Promise.all([one, other]))).toMatchObject([{ value: 1 }, { value: 1 }]);
    await jest.advanceTimersByTimeAsync(900);
    expect(await after(0, recent.ask('a', store.read))).toMatchObject({ value: 2, as_of: START + 4_000 });
    expect(store.readings).toBe(2);
  });

  it.each([1_000, 2_000, 3_500])(
    'is never older than said, however it is asked, for %i ms',
    async (takes) => {
      const store = new SlowStore(takes);
      const recent = readings();
      await after(takes, recent.ask('a', store.read));
      for (let time = 0; time < 60_000; time += 250) {
        const { as_of } = await after(100, recent.ask('a', store.read));
        expect(Date.now() - as_of).toBeLessThanOrEqual(MOST_OLD_MS);
        await jest.advanceTimersByTimeAsync(150);
      }
      // It wasn't read all the time either.
      expect(store.readings * takes).toBeLessThan(45_000);
    },
  );

  it('is waited for when nothing younger is there', async () => {
    const store = new SlowStore(1_000);
    const recent = readings();
    await after(1_000, recent.ask('a', store.read));
    await jest.advanceTimersByTimeAsync(MOST_OLD_MS - 1_000);
    const answer = recent.ask('a', store.read);
    expect(await after(1_000, answer)).toMatchObject({ value: 2 });
  });

  it('is read from the moment on that is asked for', async () => {
    const store = new SlowStore(1_000);
    const recent = readings();
    await after(1_000, recent.ask('a', store.read));
    const fresh = recent.ask('a', store.read, performance.now());
    await jest.advanceTimersByTimeAsync(500);
    // What is under way has begun before.
    const fresher = recent.ask('a', store.read, performance.now());
    expect(await after(500, fresh)).toMatchObject({ value: 2 });
    expect(await after(1_000, fresher)).toMatchObject({ value: 3 });
  });

  it('fails when there is nothing else to answer, and only then', async () => {
    const store = new SlowStore(1_000);
    const recent = readings();
    await after(1_000, recent.ask('a', store.read));
    await jest.advanceTimersByTimeAsync(3_000);
    store.failure = new Error('away');
    store.takes = 50;
    expect(await after(50, recent.ask('a', store.read))).toMatchObject({ value: 1 });
    await expect(after(50, recent.ask('a', store.read, performance.now()))).rejects.toThrow('away');
    await jest.advanceTimersByTimeAsync(MOST_OLD_MS);
    await expect(after(50, recent.ask('a', store.read))).rejects.toThrow('away');
    store.failure = null;
    expect(await after(50, recent.ask('a', store.read))).toMatchObject({ value: 5 });
  });
});
