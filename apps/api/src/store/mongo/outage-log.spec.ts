import { expect, it } from '@jest/globals';
import { OutageLog } from './outage-log.js';

it('an outage is told once, then at growing intervals with the newest reason, and its end once', () => {
  const lines: string[] = [];
  let now = 0;
  const log = new OutageLog(
    {
      info: (message) => lines.push(`${now / 1000}: ${message}`),
      warn: (message, fields) => lines.push(`${now / 1000}: ${message}, ${String(fields?.['reason'])}`),
    },
    () => now,
  );
  log.succeeded();
  for (; now < 200_000; now += 1_000) log.failed(now < 40_000 ? 'refused' : 'silent');
  expect(log.problem).toBe('silent');
  log.succeeded();
  log.succeeded();
  expect(log.problem).toBeNull();
  log.failed('refused');
  expect(lines).toEqual([
    '0: the database is away, refused',
    '30: the database is away, refused',
    '90: the database is away, silent',
    '200: the database is back',
    '200: the database is away, refused',
  ]);
});
