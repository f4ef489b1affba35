import { beforeEach, expect, it } from '@jest/globals';
import { OutageLog } from './outage-log.js';

let lines: string[];
let now: number;
let log: OutageLog;

beforeEach(() => {
  lines = [];
  now = 0;
  const tell = (text: string) => void lines.push(`${now / 1_000}: ${text}`);
  log = new OutageLog(
    { info: tell, warn: (message, fields) => tell(`${message}, ${String(fields?.['reason'])}`) },
    () => now,
  );
});

it('an outage is told once, then at growing intervals with the newest reason, and its end once', () => {
  log.succeeded();
  for (; now < 200_000; now += 1_000) log.failed(now < 40_000 ? 'refused' : 'silent');
  expect(log.problem).toBe('silent');
  log.succeeded();
  log.succeeded();
  expect(log.problem).toBeNull();
  now += 60_000;
  log.failed('refused');
  expect(lines).toEqual([
    '0: the database is away, refused',
    '30: the database is away, refused',
    '90: the database is away, silent',
    '200: the database is back',
    '260: the database is away, refused',
  ]);
});

it('a database that answers every second call makes few lines', () => {
  for (; now < 200_000; now += 1_000) {
    log.failed('no majority');
    log.succeeded();
  }
  expect(lines.map((line) => line.replace(', no majority', ''))).toEqual([
    ...['0: the database is away', '0: the database is back'],
    ...['30: the database is away', '30: the database is back'],
    ...['90: the database is away', '90: the database is back'],
  ]);
});
