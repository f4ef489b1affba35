import { expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { Batches } from './batches.js';

const LIMITS = { wait_ms: 5, size: 3, waiting: 6 };

/** Batches whose handler a test lets go on. */
function held() {
  const handled: number[][] = [];
  const releases: (() => void)[] = [];
  const batches = new Batches<number>(LIMITS, async (items) => {
    handled.push(items);
    await new Promise<void>((resolve) => releases.push(resolve));
  });
  return { batches, handled, releases };
}

it('what comes within a moment is handled together', async () => {
  const { batches, handled, releases } = held();
  const added = [batches.add(1), batches.add(2)];
  await eventually(() => expect(handled).toEqual([[1, 2]]));
  let resolved = false;
  void added[0]?.then(() => {
    resolved = true;
  });
  await new Promise(setImmediate);
  expect(resolved).toBe(false);
  releases[0]?.();
  expect(await Promise.all(added)).toEqual([true, true]);
});

it('what comes during a batch makes the next ones, of a size at most', async () => {
  const { batches, handled, releases } = held();
  const added = [1, 2, 3, 4, 5, 6, 7].map((item) => batches.add(item));
  await eventually(() => expect(handled).toEqual([[1, 2, 3]]));
  releases[0]?.();
  await eventually(() =>
    expect(handled).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]),
  );
  releases[1]?.();
  await eventually(() => expect(handled).toHaveLength(3));
  releases[2]?.();
  expect(await Promise.all(added)).toEqual([true, true, true, true, true, true, true]);
  expect(handled[2]).toEqual([7]);
});

it('more than may wait are refused at once', async () => {
  const { batches, handled, releases } = held();
  const taken = [1, 2, 3].map((item) => batches.add(item));
  await eventually(() => expect(handled).toHaveLength(1));
  const waiting = [4, 5, 6, 7, 8, 9].map((item) => batches.add(item));
  expect(await batches.add(10)).toBe(false);
  releases[0]?.();
  await Promise.all(taken);
  const more = batches.add(11);
  await eventually(() => expect(handled).toHaveLength(2));
  releases[1]?.();
  await eventually(() => expect(handled).toHaveLength(3));
  releases[2]?.();
  await eventually(() => expect(handled).toHaveLength(4));
  releases[3]?.();
  expect(await Promise.all([...waiting, more])).not.toContain(false);
});
