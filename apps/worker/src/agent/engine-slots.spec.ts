import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { EngineSlots } from './engine-slots.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** A lane that does something of which the end is decided by hand. */
function lane(slots: EngineSlots, isWait: boolean) {
  const began: string[] = [];
  let end: (error?: Error) => void = () => undefined;
  const wait = async (): Promise<void> => {
    began.push('wait');
    await new Promise<void>((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve());
    });
  };
  const done = slots.hold(async () => {
    await (isWait ? slots.lend(wait) : wait());
    began.push('rest');
  });
  return { began, done, end: (error?: Error) => end(error) };
}

test('so many lanes run at once, the others in their order', async () => {
  const slots = new EngineSlots(2);
  const lanes = [1, 2, 3, 4].map(() => lane(slots, false));
  await jest.advanceTimersByTimeAsync(60_000);
  expect(lanes.map(({ began }) => began.length)).toEqual([1, 1, 0, 0]);
  lanes[1]?.end();
  await lanes[1]?.done;
  await jest.advanceTimersByTimeAsync(0);
  expect(lanes.map(({ began }) => began.length)).toEqual([1, 2, 1, 0]);
});

test('one that only waits for long lets others go on, and then waits for nobody', async () => {
  const slots = new EngineSlots(1);
  const slow = lane(slots, true);
  const others = [lane(slots, false), lane(slots, false)];
  await jest.advanceTimersByTimeAsync(500);
  expect(others.map(({ began }) => began.length)).toEqual([0, 0]);
  await jest.advanceTimersByTimeAsync(600);
  expect(others.map(({ began }) => began.length)).toEqual([1, 0]);
  slow.end();
  await slow.done;
  expect(slow.began).toEqual(['wait', 'rest']);
  // Only one has gone on for it.
  expect(others.map(({ began }) => began.length)).toEqual([1, 0]);
  others[0]?.end();
  await others[0]?.done;
  await jest.advanceTimersByTimeAsync(0);
  expect(others.map(({ began }) => began.length)).toEqual([2, 1]);
});

test('a failure gives back what was taken', async () => {
  const slots = new EngineSlots(1);
  const failing = lane(slots, true);
  await jest.advanceTimersByTimeAsync(2_000);
  const next = [lane(slots, false), lane(slots, false)];
  failing.end(new Error('no'));
  await expect(failing.done).rejects.toThrow('no');
  await jest.advanceTimersByTimeAsync(0);
  expect(next.map(({ began }) => began.length)).toEqual([1, 0]);
});
