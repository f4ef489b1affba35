import { describe, expect, it } from '@jest/globals';
import { refuse, requireChange } from './access-decision.js';
import type { Caller } from './caller.js';
import type { AppsOfCall, Requirement } from './requires.js';
import { covers, type Level } from './rights.js';

const caller = (level: Level, apps: string[] | null = null): Caller => ({
  ...{ kind: 'token', name: 'token:ci' },
  rights: { level, apps },
});

/** What becomes of a call on the app `shop`. */
function outcome(who: Caller, level: Level, apps: AppsOfCall): number {
  const requirement: Requirement = { open: false, level, apps };
  return statusOf(() => refuse(who, requirement, { app: 'shop' }));
}

function statusOf(decide: () => void): number {
  try {
    decide();
    return 200;
  } catch (error) {
    return (error as { problem: { status: number } }).problem.status;
  }
}

describe('rights for apps', () => {
  it.each<[string[] | null, string, boolean]>([
    [null, 'anything', true],
    [['shop'], 'shop', true],
    [['shop'], 'shop-1', false],
    [['shop'], 'Shop', false],
    [['shop-*'], 'shop-1', true],
    [['shop-*'], 'shop-', true],
    [['shop-*'], 'shop', false],
    [['a', 'b*'], 'bc', true],
    [['a', 'b*'], 'ab', false],
    // Of all characters only a star at the end has a meaning.
    [['sh.p'], 'shop', false],
  ])('%j, and %s: %s', (apps, name, isCovered) => {
    expect(covers({ apps }, name)).toBe(isCovered);
  });
});

describe('a decision', () => {
  const FOR_SHOP = ['shop'];
  const FOR_OTHERS = ['web-*'];

  it.each<[Level, string[] | null, Level, AppsOfCall, number]>([
    ['read', null, 'read', 'named', 200],
    ['read', null, 'write', 'named', 403],
    ['read', null, 'admin', 'all', 403],
    ['write', null, 'write', 'named', 200],
    ['write', null, 'write', 'all', 200],
    ['write', null, 'admin', 'all', 403],
    ['admin', null, 'admin', 'all', 200],
    ['write', FOR_SHOP, 'write', 'named', 200],
    ['write', FOR_SHOP, 'write', 'each', 200],
    ['write', FOR_SHOP, 'write', 'all', 403],
    ['read', FOR_SHOP, 'read', 'all', 403],
    ['write', FOR_OTHERS, 'write', 'named', 404],
    ['write', FOR_OTHERS, 'read', 'named', 404],
    // What it may not see is not there, whatever else it lacks.
    ['read', FOR_OTHERS, 'write', 'named', 404],
    ['read', FOR_OTHERS, 'read', 'each', 200],
  ])('who may %s (%j) and asks for %s of %s gets %i', (level, apps, needed, about, status) => {
    expect(outcome(caller(level, apps), needed, about)).toBe(status);
  });

  it('on an app named in a body tells nothing of whether it is there', () => {
    const change = (who: Caller) => statusOf(() => requireChange(who, 'shop'));
    expect(change(caller('write'))).toBe(200);
    expect(change(caller('write', FOR_SHOP))).toBe(200);
    expect(change(caller('write', FOR_OTHERS))).toBe(403);
    expect(change(caller('read', FOR_SHOP))).toBe(403);
  });

  it('names the right that lacks, and who lacks it', () => {
    expect(() => refuse(caller('read'), { open: false, level: 'write', apps: 'all' }, {})).toThrow(
      'This call needs the right to change apps; token:ci may only read.',
    );
    expect(() =>
      refuse(caller('write', FOR_OTHERS), { open: false, level: 'write', apps: 'all' }, {}),
    ).toThrow('This call needs the right to change apps for all apps; token:ci has rights for web-* alone.');
  });
});
