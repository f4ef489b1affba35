import { describe, expect, it } from '@jest/globals';
import { IdleHeap, nodeHeap } from './idle-heap.js';

const MB = 1_000_000;

/** A heap of which `needed` stays after a collection. */
function heap(needed: number) {
  const state = { used: needed, busy: 0, collections: 0 };
  const idle = new IdleHeap({
    used: () => state.used,
    busy: () => state.busy,
    collect: () => {
      state.used = needed;
      state.collections += 1;
    },
  });
  return { state, idle };
}

describe('an idle heap', () => {
  it('is collected once after work, and not again while nothing is added', () => {
    const { state, idle } = heap(12 * MB);
    state.used = 17 * MB;
    for (let look = 0; look < 10; look += 1) idle.look();
    expect(state).toMatchObject({ used: 12 * MB, collections: 1 });
  });

  it('is left alone while the worker works', () => {
    const { state, idle } = heap(12 * MB);
    Object.assign(state, { used: 17 * MB, busy: 0.4 });
    idle.look();
    expect(state.collections).toBe(0);
    state.busy = 0.01;
    idle.look();
    expect(state.collections).toBe(1);
  });

  it('is collected again when that is worth it', () => {
    const { state, idle } = heap(12 * MB);
    idle.look();
    state.used = 12.5 * MB;
    idle.look();
    expect(state.collections).toBe(1);
    state.used = 14 * MB;
    idle.look();
    expect(state).toMatchObject({ used: 12 * MB, collections: 2 });
  });
});

/** In a function of its own, so that nothing of it is on the stack afterwards. */
function leftObject(): WeakRef<object> {
  return new WeakRef({ bytes: new Array(1_000).fill(0) });
}

describe('the heap of this process', () => {
  it('loses by a collection what nobody needs any more', async () => {
    const left = leftObject();
    // What a weak reference was made of stays until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    nodeHeap().collect();
    expect(left.deref()).toBeUndefined();
  });

  it('knows how busy it was since it was asked last', () => {
    const heap = nodeHeap();
    const share = heap.busy();
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  });
});
