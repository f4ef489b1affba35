import { expect, it } from '@jest/globals';
import { countCalls } from './counted-calls.mjs';

class Store {
  private readonly kept = new Map([['shop', 7]]);

  remembered(name: string): number | null {
    return this.kept.get(name) ?? null;
  }

  async replace(name: string, value: number): Promise<boolean> {
    if (!this.kept.has(name)) return false;
    this.kept.set(name, value);
    return true;
  }

  async fail(): Promise<never> {
    throw new Error('away');
  }
}

it('counts calls that take time, and leaves those that answer at once as they are', async () => {
  const store = new Store();
  const counts: Record<string, number> = {};
  const ended: [string, unknown][] = [];
  countCalls(store, counts, (name, result) => ended.push([name, result]));
  expect(store.remembered('shop')).toBe(7);
  expect(await store.replace('shop', 8)).toBe(true);
  expect(await store.replace('cart', 1)).toBe(false);
  await expect(store.fail()).rejects.toThrow('away');
  expect(store.remembered('shop')).toBe(8);
  expect(counts).toEqual({ replace: 2, fail: 1 });
  expect(ended).toEqual([
    ['replace', true],
    ['replace', false],
  ]);
});
