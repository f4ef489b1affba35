import { beforeEach, describe, expect, it } from '@jest/globals';
import { FailedLogins } from './failed-logins.js';

let now: number;
let failures: FailedLogins;
beforeEach(() => {
  now = 1_000;
  failures = new FailedLogins(() => now, 3);
});

const fail = (address: string, times: number) => {
  for (let count = 0; count < times; count += 1) failures.failed(address);
};

describe('an address whose logins fail', () => {
  it('has some failures free, then waits twice as long after each', () => {
    fail('a', 5);
    expect(failures.wait('a')).toBe(0);
    const waits = [6, 7, 8, 9, 10, 11, 12, 13, 14].map(() => {
      failures.failed('a');
      const wait = failures.wait('a');
      now += wait;
      return wait / 1_000;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(failures.wait('a')).toBe(0);
  });

  it('says when it begins to wait, and keeps no other waiting', () => {
    const told = [1, 2, 3, 4, 5, 6].map(() => failures.failed('a').isSlowed);
    expect(told).toEqual([false, false, false, false, false, true]);
    expect(failures.wait('a')).toBe(1_000);
    expect(failures.wait('b')).toBe(0);
  });

  it('waits no longer for a try that was right in the end', () => {
    fail('a', 5);
    failures.failed('a').takeBack();
    expect(failures.wait('a')).toBe(0);
    failures.failed('a');
    expect(failures.wait('a')).toBe(1_000);
  });

  it('waits on for the others when one of the tries was right in the end', () => {
    fail('a', 5);
    failures.failed('a');
    failures.failed('a').takeBack();
    expect(failures.wait('a')).toBe(1_000);
  });

  it('waits on for a failure that came while a try was under way which was right in the end', () => {
    fail('a', 5);
    const right = failures.failed('a');
    failures.failed('a');
    expect(failures.wait('a')).toBe(2_000);
    right.takeBack();
    expect(failures.wait('a')).toBe(2_000);
    now += 2_000;
    expect(failures.wait('a')).toBe(0);
    failures.failed('a');
    expect(failures.wait('a')).toBe(2_000);
  });

  it('counts no failure less for a try that was under way from before it was forgotten', () => {
    const right = failures.failed('a');
    now += 15 * 60_000 + 1;
    fail('a', 5);
    right.takeBack();
    expect(failures.failed('a').isSlowed).toBe(true);
  });

  it('is forgotten a quarter of an hour after its last failure', () => {
    fail('a', 30);
    now += 15 * 60_000 + 1;
    expect(failures.wait('a')).toBe(0);
    expect(failures.failed('a').isSlowed).toBe(false);
  });

  it('takes no more room when there are very many: the one that failed longest ago is forgotten', () => {
    for (const address of ['a', 'b', 'c']) fail(address, 6);
    failures.failed('a');
    fail('d', 6);
    expect(['a', 'b', 'c', 'd'].map((address) => failures.wait(address) > 0)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});
