import { expect, it } from '@jest/globals';
import { type AppEvent, EventLog } from './event-log.js';

const event = (revision: number): AppEvent => ({
  type: 'app',
  data: { app_name: 'shop', epoch: 1, revision, deleted: false, running: true, updated_at: '' },
});

function revisionsAfter(log: EventLog, id: string): number[] | null {
  const seen = log.read(id);
  return seen && (log.after(seen)?.map(({ data }) => data.revision) ?? null);
}

it('what was not seen is told, as far as it is kept', () => {
  const log = new EventLog(3);
  const ids = [log.newestId(0)];
  for (const revision of [1, 2, 3]) {
    log.append(event(revision), revision);
    ids.push(log.newestId(revision));
  }
  expect(ids.map((id) => revisionsAfter(log, id))).toEqual([[1, 2, 3], [2, 3], [3], []]);
  log.append(event(4), 4);
  expect(ids.map((id) => revisionsAfter(log, id))).toEqual([null, [2, 3, 4], [3, 4], [4]]);
});

it('an id has no later time than the last look for changes that is over, whatever was told since', () => {
  const log = new EventLog(3);
  const ids: string[] = [];
  log.follow(({ id }) => ids.push(id));
  for (const began of [100_000, 150_000]) {
    log.looked(began);
    for (const after of [20_000, 40_000]) log.append(event(after), began + after);
    ids.push(log.newestId(began + 45_000));
  }
  const times = [100_000, 100_000, 100_000, 150_000, 150_000, 150_000];
  expect(ids.map((id) => log.read(id)?.at)).toEqual(times);
});

it('an id does not tell how often changes are looked for', () => {
  const log = new EventLog(3);
  const times = [100_000, 100_200, 100_950].map((began) => {
    log.looked(began);
    return log.read(log.newestId(101_000))?.at;
  });
  expect(new Set(times).size).toBe(1);
});

it('after an interruption nothing that was seen before leads on', () => {
  const log = new EventLog(3);
  log.append(event(1), 1);
  const before = log.newestId(1);
  log.interrupt();
  expect(revisionsAfter(log, before)).toBeNull();
  const after = log.newestId(2);
  log.append(event(2), 2);
  expect(revisionsAfter(log, after)).toEqual([2]);
});

it('an id of another instance, or of the future, tells the time alone', () => {
  const log = new EventLog(3);
  log.append(event(1), 1);
  const other = new EventLog(3);
  other.looked(77);
  other.append(event(1), 20_000);
  expect(log.read(other.newestId(20_000))).toEqual({ number: null, at: 77 });
  const [instance, block = ''] = log.newestId(5).split('-');
  const another = `${block.slice(1)}${block.slice(0, 1)}`;
  expect(log.read(`${instance}-${another}-5`)).toEqual({ number: null, at: 5 });
  expect(log.read('nonsense')).toBeNull();
});

it('an id does not tell how many events there were', () => {
  const log = new EventLog(1);
  const blocks = [log.newestId(0)];
  for (let revision = 1; revision <= 300; revision += 1) {
    log.append(event(revision), 0);
    blocks.push(log.newestId(0));
  }
  expect(blocks.filter((id) => !/^[0-9a-f]{12}-[0-9a-f]{32}-0$/.test(id))).toEqual([]);
  // One after the other they have nothing in common, as counted ones would.
  const beginnings = blocks.map((id) => id.slice(13, 21));
  expect(new Set(beginnings).size).toBe(301);
});

it('an id does not tell whether there was any event since another one', () => {
  const log = new EventLog(1);
  log.append(event(1), 0);
  const ids = Array.from({ length: 50 }, () => log.newestId(0));
  expect(new Set(ids).size).toBe(50);
  expect(ids.map((id) => revisionsAfter(log, id))).toEqual(ids.map(() => []));
});
