import { expect, it } from '@jest/globals';
import { addressGroup } from './address-group.js';
import { LoginBrake } from './login-brake.js';

it('failures from ever other addresses of one network slow all of it, and no other network', () => {
  const brake = new LoginBrake(() => 0);
  const group = (index: number) => addressGroup(`2001:db8:1:${index.toString(16)}::1`);
  let failures = 0;
  let last = null;
  while (failures < 1_000 && brake.wait(group(failures)) === 0) {
    last = brake.failed(group(failures));
    failures += 1;
  }
  expect(failures).toBe(81);
  expect(brake.wait(group(5_000))).toBeGreaterThan(0);
  expect(brake.wait(addressGroup('2001:db8:2::1'))).toBe(0);
  expect(brake.wait('192.0.2.1')).toBe(0);
  last?.takeBack();
  expect(brake.wait(group(5_000))).toBe(0);
});

it('one address is slowed as before', () => {
  const brake = new LoginBrake(() => 0);
  const slowed = Array.from({ length: 6 }, () => brake.failed('2001:db8:1:2::/64').isSlowed);
  expect(slowed).toEqual([false, false, false, false, false, true]);
  expect(brake.wait('2001:db8:1:3::/64')).toBe(0);
});
