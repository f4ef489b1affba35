import { expect, it } from '@jest/globals';
import { Requires, requirementOfHandler } from '../access/requires.js';
import { routeSetting, settingOfHandler } from './route-setting.js';

class Handlers {
  @routeSetting('one', 1)
  @Requires('read', 'all')
  @routeSetting('other', 2)
  three(this: void) {}

  none(this: void) {}
}

it('what a handler says of itself does not replace what it said before', () => {
  const { three, none } = Handlers.prototype;
  expect(['one', 'other'].map((name) => settingOfHandler(three, name))).toEqual([1, 2]);
  expect(requirementOfHandler(three)).toEqual({ open: false, level: 'read', apps: 'all' });
  expect(settingOfHandler(none, 'one')).toBeUndefined();
});
