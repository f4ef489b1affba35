import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppSpec, parse, parseAppName, parseAppSpec, parseDesiredState, parseReport } from '../index.js';
import { MAX_VALUES } from './clean.js';

const RIGHT = { app_name: 'shop', docker_image: 'shop:1' };
const PARSERS = { parseAppSpec, parseDesiredState, parseReport, parseAppName };

describe.each(Object.entries(PARSERS))('%s', (_name, parser) => {
  it('never throws', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withNullPrototype: true,
      withBoxedValues: true,
    });
    fc.assert(fc.property(anything, (input) => expect(typeof parser(input).ok).toBe('boolean')));
  });

  it('gives problems that are JSON', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true });
    const field = fc.constantFrom(
      ...Object.keys(new AppSpec()),
      'app_name',
      'docker_image',
      'spec',
      'tokens',
      'containers',
    );
    fc.assert(
      fc.property(fc.dictionary(field, anything), (input) => {
        const result = parser(input);
        if (!result.ok) expect(JSON.parse(JSON.stringify(result.problems))).toEqual(result.problems);
      }),
    );
  });
});

describe('the root', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    [undefined, 'an object'],
    [5, 'a number'],
    ['hunter2', 'text'],
    [true, 'true'],
    [['hunter2'], 'a list'],
    [new Date(), 'an object'],
  ])('is refused as %j', (input, kind) => {
    expect(parseAppSpec(input)).toEqual({
      ok: false,
      problems: [{ pointer: '', message: `must be a JSON object, not ${kind}` }],
    });
  });
});

describe('hostile inputs', () => {
  it('of 5,000 levels', () => {
    const lists = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const objects = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    for (const field of ['networks', 'env_vars', 'unknown']) {
      for (const deep of [lists, objects]) {
        const result = parseAppSpec(JSON.parse(`{"app_name":"a","docker_image":"b","${field}":${deep}}`));
        expect(result.ok).toBe(false);
        expect(JSON.stringify(result)).toContain('is nested deeper than 32 levels');
      }
    }
    expect(parseReport(JSON.parse(`{"unknown":${lists}}`)).ok).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'with the name %s',
    (name) => {
      for (const text of [
        `{"app_name":"a","docker_image":"b","${name}":{"polluted":true}}`,
        `{"app_name":"a","docker_image":"b","env_vars":{"${name}":"x"}}`,
        `{"app_name":"a","docker_image":"b","containers_per":{"${name}":"x","server":1}}`,
      ]) {
        const result = parseAppSpec(JSON.parse(text));
        expect(result.ok).toBe(false);
        expect(JSON.stringify(result)).toMatch(new RegExp(`/${name}","message":"can't be used as a name"`));
      }
      expect('polluted' in {}).toBe(false);
    },
  );

  it('with half a character, which no feed and no database keeps', () => {
    for (const text of [
      String.raw`{"app_name":"a","docker_image":"b","env_vars":{"X":"a\ud800b"}}`,
      String.raw`{"app_name":"a","docker_image":"b","env_vars":{"X\udc00":"a"}}`,
    ]) {
      const result = parseAppSpec(JSON.parse(text));
      expect(JSON.stringify(result)).toMatch(/env_vars\/X.*has half a character/);
    }
    const whole = parseAppSpec({ app_name: 'a', docker_image: 'b', env_vars: { X: '\u{1F600}' } });
    expect(whole.ok).toBe(true);
  });

  it('that are huge', () => {
    // What looks at each value together with every other one would take minutes here.
    for (const input of [
      { ...RIGHT, networks: Array.from({ length: 130_000 }, (_, index) => `n${index}`) },
      { ...RIGHT, networks: Array.from({ length: 130_000 }, () => 'n') },
      { ...RIGHT, starting_ports: Array.from({ length: 130_000 }, (_, index) => index) },
      { ...RIGHT, starting_ports: Array.from({ length: 130_000 }, () => []) },
      {
        ...RIGHT,
        env_vars: Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`V${index}`, 1])),
      },
      Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`f${index}`, 1])),
      { ...RIGHT, docker_image: `${'a-'.repeat(130_000)}!` },
      { ...RIGHT, volumes: [`${'/'.repeat(250_000)}:/b`, `/a:/b:${'ro,'.repeat(80_000)}`] },
    ]) {
      const result = parseAppSpec(input);
      expect(result.ok).toBe(false);
      expect(JSON.stringify(result).length).toBeLessThan(100_000);
    }
  });

  it('with more names than any app has', () => {
    const env_vars = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`V${index}`, 'x']));
    expect(parseAppSpec({ ...RIGHT, env_vars })).toEqual({
      ok: false,
      problems: [{ pointer: '/env_vars', message: 'has more than 10000 names' }],
    });
  });

  it('that only claim to be huge', () => {
    const sparse: unknown[] = [];
    sparse.length = 4_000_000_000;
    expect(parseAppSpec({ ...RIGHT, networks: sparse })).toEqual({
      ok: false,
      problems: [{ pointer: '', message: `has more than ${MAX_VALUES} values` }],
    });
  });

  it('that are no JSON', () => {
    const circle: Record<string, unknown> = { ...RIGHT };
    circle['env_vars'] = circle;
    expect(parseAppSpec(circle).ok).toBe(false);
    expect(parseAppSpec({ ...RIGHT, env_vars: new Map([['A', 'b']]), command: () => 1 })).toEqual({
      ok: false,
      problems: [
        { pointer: '/env_vars', message: 'is no JSON value' },
        { pointer: '/command', message: 'is no JSON value' },
      ],
    });
  });
});

describe('pointers', () => {
  it('escape what JSON Pointer escapes, and stay short', () => {
    const result = parse(
      AppSpec,
      { ...RIGHT, 'a/b~c': 1, [`x${'y'.repeat(1_000)}`]: 1 },
      { unknownFields: 'reject' },
    );
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.problems.map(({ pointer }) => pointer)).toEqual(['/a~1b~0c', `/x${'y'.repeat(199)}…`]);
  });
});

describe('unknown fields', () => {
  it('are left out when they are ignored', () => {
    const result = parse(AppSpec, { ...RIGHT, other: { deep: [1] } }, { unknownFields: 'ignore' });
    expect(result).toEqual(parseAppSpec(RIGHT));
  });
});
