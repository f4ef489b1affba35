import { expect, it } from '@jest/globals';
import { inParallel } from './many-apps.js';

/** Work that ends when it is told to, by the item. */
function held() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const work = async (item: number) => {
    begun.push(item);
    return await new Promise<string>((resolve, reject) => ends.set(item, { resolve, reject }));
  };
  return { begun, ends, work };
}

const ITEMS = Array.from({ length: 20 }, (_, index) => index);

it('works on eight at a time, and answers in their order', async () => {
  const { begun, ends, work } = held();
  const results = inParallel(ITEMS, work);
  expect(begun).toEqual(ITEMS.slice(0, 8));
  for (let item = 19; item >= 0; item -= 1) {
    while (!ends.has(item)) {
      for (const [other, { resolve }] of ends) resolve(`done ${other}`);
      await Promise.resolve();
    }
    ends.get(item)?.resolve(`done ${item}`);
  }
  expect(await results).toEqual(ITEMS.map((item) => `done ${item}`));
});

it('begins with none after one has failed', async () => {
  const { begun, ends, work } = held();
  const results = inParallel(ITEMS, work);
  ends.get(3)?.reject(new Error('the store is away'));
  await expect(results).rejects.toThrow('the store is away');
  for (const { resolve } of ends.values()) resolve('done');
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toHaveLength(8);
});
