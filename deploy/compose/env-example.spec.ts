import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');

/** A comment may name one without asking for it. */
const files = ['compose.yaml', 'compose.worker.yaml'].map((name) => read(name).replaceAll(/^ *#.*$/gm, ''));
const example = read('.env.example');

/** Every `${NAME}` that is asked for, with what counts when it isn't set: null where it has to be. */
const asked = files
  .flatMap((text) => [...text.matchAll(/(?<!\$)\$\{([A-Z_]+)(:-([^}]*)|:\?[^}]*)\}/g)])
  .map(([, name = '', , byDefault]): [name: string, byDefault: string | null] => [name, byDefault ?? null]);

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

it('every variable is asked for in a form that says what counts when it is not set', () => {
  const all = files.flatMap((text) => text.match(/(?<!\$)\$\{?[A-Za-z_]+/g) ?? []);
  expect(all).toHaveLength(asked.length);
});

it('.env.example has every variable of both files, and no other', () => {
  const explained = [...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = '']) => name);
  expect(explained).toHaveLength(new Set(explained).size);
  expect(sorted(explained)).toEqual(sorted(asked.map(([name]) => name)));
});

it('what is commented out there is the default, and what has to be set is open', () => {
  const lines = new Map(
    [...example.matchAll(/^(#?)([A-Z_]+)=(.*)$/gm)].map(([line, , name = '']) => [name, line]),
  );
  // One file has the value for itself, so it is open in neither.
  const onlyOfWorkers = '#RABBIT_HOST=';
  for (const [name, byDefault] of asked) {
    const expected = byDefault === null ? `${name}=` : `#${name}=${byDefault}`;
    expect(lines.get(name)).toBe(name === 'RABBIT_HOST' ? onlyOfWorkers : expected);
  }
});
