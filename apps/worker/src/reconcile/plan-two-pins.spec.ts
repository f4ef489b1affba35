import { describe, expect, test } from '@jest/globals';
import { onNewDesired, withPin } from './memory-updates.js';
import type { AppMemory } from './memory.js';
import { plan } from './plan.js';
import { NOW, situation } from './testing/builders.js';
import { after, app, before, fresh, NODE, old, remembered } from './testing/updates.js';

const verdict = { revision: 2, reason: 'web-1 is unhealthy', exit_code: null, log: '', at: NOW };
const containers = [fresh(1), old(2), old(3), old(4)];

/** Plans as long as images are pinned, a few times at most. */
function pins(memory: AppMemory, images: Record<string, string | null>): AppMemory[] {
  const known = [memory];
  for (let round = 0; round < 6; round += 1) {
    const last = known.at(-1) ?? memory;
    const { lanes } = plan(situation(after, containers, { memory: last, observed: { images } }));
    const step = lanes.flat().find(({ kind }) => kind === 'pin');
    if (step?.kind !== 'pin') break;
    known.push(withPin(last, step));
  }
  return known;
}

describe('two versions that are served beside each other', () => {
  const there = Object.fromEntries(
    ['shop:1', 'shop:2'].flatMap((image) =>
      [image, `id of ${image}`].map((name) => [name, `id of ${image}`]),
    ),
  );
  const other = { 'shop:1': 'A', A: 'A', 'shop:2': 'B', B: 'B' };
  const known = remembered(after, undefined, { verdict });
  const unknown = { ...known, pin: null, good: known.good && { ...known.good, pin: null } };

  test.each<[string, AppMemory, Record<string, string>]>([
    ['nobody knows the builds of', unknown, there],
    ['have lost their builds', known, other],
  ])('that %s are each pinned once', (_what, memory, images) => {
    const steps = pins(memory, images);
    expect(steps.length).toBeLessThanOrEqual(3);
    const { pin, good } = steps.at(-1) ?? memory;
    expect(pin).toMatchObject({ image: 'shop:2' });
    expect(good?.pin).toMatchObject({ image: 'shop:1' });
  });

  test('keep their builds when the one before is wanted again', () => {
    const again = { ...before, revision: 3 };
    const memory = onNewDesired(known, again, NODE);
    const gone = app('shop:1');
    const observed = { images: { 'shop:1': 'moved', moved: 'moved', 'id of shop:1': 'id of shop:1' } };
    const { lanes } = plan(situation(gone, [old(2), old(3), old(4)], { memory, observed }));
    expect(lanes.flat()).toContainEqual(
      expect.objectContaining({ kind: 'create', draft: expect.objectContaining({ image: 'id of shop:1' }) }),
    );
  });
});
