import { expect, test } from '@jest/globals';
import { formatPlan } from './format-plan.js';
import { plan } from './plan.js';
import { desiredApp, NOW, rightContainer, situation } from './testing/builders.js';

test('long ids are shortened and no secret is printed', () => {
  const secret = desiredApp({
    env_vars: { PASSWORD: 'hunter2' },
    command: ['--key', 'hunter2'],
    containers_per: { server: 2 },
  });
  const surplus = rightContainer(secret, 3, { id: 'c0ffee'.repeat(10) + 'beef' });
  const input = situation(secret, [rightContainer(secret, 1, { fingerprint: 'v1:old' }), surplus]);
  const text = formatPlan(plan(input), NOW).join('\n');
  expect(text).toContain('create web-1.next from shop:1');
  expect(text).toContain('stop c0ffeec0ffee → remove c0ffeec0ffee');
  expect(text).not.toContain('hunter2');
});
