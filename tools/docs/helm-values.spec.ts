import { describe, expect, it } from '@jest/globals';
import { API_KEYS, REGION_KEYS } from '@nebula/api';
import { WORKER_KEYS } from '@nebula/worker';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CHART_PAGE,
  chartValues,
  SCHEMA_FILE,
  VALUES_FILE,
  withConfigKeys,
  withValuesTable,
} from './helm-values.mjs';

const read = (path: string) => readFileSync(path, 'utf8');

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  $defs?: Record<string, Schema>;
}

/** The schema of a value, as Helm finds it; undefined when it would refuse the value. */
function schemaOf(root: Schema, path: string): Schema | undefined {
  let found: Schema | undefined = root;
  for (const name of path.split('.')) {
    found = found?.properties?.[name];
    const definition: string | undefined = found?.$ref?.split('/').at(-1);
    if (definition !== undefined) found = root.$defs?.[definition];
  }
  return found;
}

/** Each object in a schema that says what its members are. */
function objectsIn(schema: Schema): Schema[] {
  const inside = [...Object.values(schema.properties ?? {}), ...Object.values(schema.$defs ?? {})];
  return [...(schema.properties ? [schema] : []), ...inside.flatMap(objectsIn)];
}

describe('the values of the Helm chart', () => {
  const values = chartValues(read(VALUES_FILE));

  it('are in its README as they are (else run: node tools/docs/write-helm-values.mjs)', () => {
    expect(read(CHART_PAGE)).toBe(withValuesTable(read(CHART_PAGE), read(VALUES_FILE)));
  });

  it('have the keys of the configuration in their schema (else run: node tools/docs/write-helm-values.mjs)', () => {
    const schema = read(SCHEMA_FILE);
    const keys = { api: { ...API_KEYS }, worker: { ...WORKER_KEYS }, region: { ...REGION_KEYS } };
    expect(schema).toBe(withConfigKeys(schema, keys));
  });

  it('are all explained, and known to the schema', () => {
    const schema = JSON.parse(read(SCHEMA_FILE)) as Schema;
    expect(values.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
    expect(values.filter(({ path }) => !schemaOf(schema, path)).map(({ path }) => path)).toEqual([]);
    // A name with a slip of the pen is refused everywhere.
    expect(objectsIn(schema).filter((each) => !('additionalProperties' in each))).toEqual([]);
  });

  it('are the version of the program', () => {
    const { version } = JSON.parse(read(join(import.meta.dirname, '..', '..', 'package.json'))) as {
      version: string;
    };
    const chart = read(join(CHART_PAGE, '..', 'Chart.yaml'));
    expect(chart).toContain(`\nversion: ${version}\n`);
    expect(chart).toContain(`\nappVersion: "${version}"\n`);
  });
});

it('what stands above a value explains it, and a map with an explanation is one value', () => {
  const text =
    '# The file.\n\n# One.\none: 1\nmap:\n  # In it.\n  two: [a]\n  # Whole.\n  three:\n    x: 1\nnone: {}\n';
  expect(chartValues(text)).toEqual([
    { path: 'one', byDefault: 1, meaning: 'One.' },
    { path: 'map.two', byDefault: ['a'], meaning: 'In it.' },
    { path: 'map.three', byDefault: { x: 1 }, meaning: 'Whole.' },
    { path: 'none', byDefault: {}, meaning: '' },
  ]);
});
