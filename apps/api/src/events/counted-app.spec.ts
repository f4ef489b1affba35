import { expect, it } from '@jest/globals';
import type { UpdateState } from '@nebula/contracts';
import { type CountedApp, countedApp, newsOf } from './counted-app.js';

const STATES = { converged: 0, converging: 0, failed: 1, offline: 0 };
const NONE: Record<UpdateState, number> = { rolling: 0, paused: 0, rolling_back: 0, rolled_back: 0, done: 0 };

function counted(revision: number, updates: Partial<Record<UpdateState, number>> = {}): CountedApp {
  return countedApp('shop', { epoch: 1, revision }, { states: STATES, updates: { ...NONE, ...updates } });
}

it('the failures of another revision are news, be they as many', () => {
  const now = counted(2, { paused: 1 });
  expect(newsOf(counted(1, { paused: 1 }), now, false)).toEqual([now.convergence, now.update]);
});

it('another revision on which nothing has failed, and failures that were told, are none', () => {
  const moved = counted(2, { done: 1 });
  expect(newsOf(counted(1, { rolling: 1 }), moved, false)).toEqual([moved.convergence]);
  expect(newsOf(counted(2, { paused: 1 }), counted(2, { paused: 1, done: 3 }), false)).toEqual([]);
});

it('failures that are over are news', () => {
  const over = counted(2);
  expect(newsOf(counted(1, { paused: 1 }), over, false)).toEqual([over.convergence, over.update]);
});
