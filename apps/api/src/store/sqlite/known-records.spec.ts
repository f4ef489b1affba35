import { expect, it } from '@jest/globals';
import { KnownRecords } from './known-records.js';

interface Row {
  name: string;
  text: string;
}

let made = 0;
let generation = 0;

type Known = ReturnType<typeof records>;

/** After a change of something in the database, which may be that row. */
function read(known: Known, key: string, row: Row): { name: string; parsed: { inner: number[] } } {
  generation += 1;
  const record = known.get(key, generation, () => row);
  if (!record) throw new Error('there is no record of a row');
  return record;
}

function records(): KnownRecords<Row, { name: string; parsed: { inner: number[] } }> {
  made = 0;
  return new KnownRecords(({ name, text }) => {
    made += 1;
    return { name, parsed: JSON.parse(text) as { inner: number[] } };
  });
}

it('makes a record once of rows that say the same', () => {
  const known = records();
  const first = read(known, 'a', { name: 'a', text: '{"inner":[1]}' });
  expect(read(known, 'a', { name: 'a', text: '{"inner":[1]}' })).toBe(first);
  expect(first).toEqual({ name: 'a', parsed: { inner: [1] } });
  expect(made).toBe(1);
});

it('reads a row once in a generation, and what is gone in the next is gone', () => {
  const known = records();
  const rows: (Row | undefined)[] = [{ name: 'a', text: '{"inner":[1]}' }, undefined, undefined];
  let reads = 0;
  const ask = (at: number) => known.get('a', at, () => rows[reads++]);
  const first = ask(1);
  expect(ask(1)).toBe(first);
  expect(reads).toBe(1);
  expect([ask(2), ask(2)]).toEqual([null, null]);
  expect(reads).toBe(3);
});

it.each<[string, Row]>([
  ['one column', { name: 'a', text: '{"inner":[2]}' }],
  ['another', { name: 'b', text: '{"inner":[1]}' }],
])('makes a new one when the row differs in %s', (_name, row) => {
  const known = records();
  const first = read(known, 'a', { name: 'a', text: '{"inner":[1]}' });
  const second = read(known, 'a', row);
  expect(second).not.toBe(first);
  expect(second).toEqual({ name: row.name, parsed: JSON.parse(row.text) as unknown });
});

it('hands out what nobody can change', () => {
  const { parsed } = read(records(), 'a', { name: 'a', text: '{"inner":[1]}' });
  expect(() => parsed.inner.push(2)).toThrow(TypeError);
  expect(() => Object.assign(parsed, { inner: [] })).toThrow(TypeError);
});

it('keeps a bounded number, of which the one goes that was not asked for the longest time', () => {
  const known = records();
  const ask = (name: string) => read(known, name, { name, text: '{"inner":[]}' });
  for (let index = 0; index < 300; index += 1) {
    ask(`${index}`);
    ask('0');
  }
  ask('299');
  expect(made).toBe(300);
  ask('1');
  expect(made).toBe(301);
});

it('keeps none with a text that is as long as only few are', () => {
  const known = records();
  const row = { name: 'a', text: `{"inner":[${'1,'.repeat(20_000)}1]}` };
  expect(read(known, 'a', row)).toEqual(read(known, 'a', { ...row }));
  expect(made).toBe(2);
});
