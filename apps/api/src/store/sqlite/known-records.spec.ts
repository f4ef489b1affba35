import { expect, it } from '@jest/globals';
import { KnownRecords } from './known-records.js';

interface Row {
  name: string;
  text: string;
}

let made = 0;

function records(): KnownRecords<Row, { name: string; parsed: { inner: number[] } }> {
  made = 0;
  return new KnownRecords(({ name, text }) => {
    made += 1;
    return { name, parsed: JSON.parse(text) as { inner: number[] } };
  });
}

it('makes a record once of rows that say the same', () => {
  const known = records();
  const first = known.of('a', { name: 'a', text: '{"inner":[1]}' });
  expect(known.of('a', { name: 'a', text: '{"inner":[1]}' })).toBe(first);
  expect(first).toEqual({ name: 'a', parsed: { inner: [1] } });
  expect(made).toBe(1);
});

it.each<[string, Row]>([
  ['one column', { name: 'a', text: '{"inner":[2]}' }],
  ['another', { name: 'b', text: '{"inner":[1]}' }],
])('makes a new one when the row differs in %s', (_name, row) => {
  const known = records();
  const first = known.of('a', { name: 'a', text: '{"inner":[1]}' });
  const second = known.of('a', row);
  expect(second).not.toBe(first);
  expect(second).toEqual({ name: row.name, parsed: JSON.parse(row.text) as unknown });
});

it('hands out what nobody can change', () => {
  const { parsed } = records().of('a', { name: 'a', text: '{"inner":[1]}' });
  expect(() => parsed.inner.push(2)).toThrow(TypeError);
  expect(() => Object.assign(parsed, { inner: [] })).toThrow(TypeError);
});

it('keeps a bounded number, of which the one goes that was not asked for the longest time', () => {
  const known = records();
  const ask = (name: string) => known.of(name, { name, text: '{"inner":[]}' });
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
  expect(known.of('a', row)).toEqual(known.of('a', { ...row }));
  expect(made).toBe(2);
});
