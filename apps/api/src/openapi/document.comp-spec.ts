import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WRONG_SPECS } from '../apps/testing/wrong-specs.js';
import { SETTINGS } from '../apps/testing/settings.js';
import { PROBLEMS, type ProblemType } from '../http/problem-types.js';
import { ApiUnderTest, type GivenSpec } from '../testing/api-under-test.js';
import { ApiDocument } from './testing/api-document.js';

interface ExampledSchema {
  examples?: unknown[];
  default?: unknown;
  enum?: unknown[];
}

let api: ApiUnderTest;
let document: ApiDocument;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  document = await ApiDocument.of(api);
});
afterAll(async () => {
  await api.stop();
});

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Every method and path that the server knows, in the form of the document. */
function routes(): string[] {
  const tree = api.api.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const parts: string[] = [];
  const found: string[] = [];
  for (const line of tree.split('\n').filter((text) => text !== '')) {
    const [, indent = '', part = '', methods = ''] =
      /^((?:[│ ] {3})*)[├└]── (\S+) \((.*)\)$/.exec(line) ?? [];
    if (part === '') throw new Error(`a route in an unknown form: ${line}`);
    parts.splice(indent.length / 4, Infinity, part);
    const path = parts.join('').replaceAll(/:(\w+)/g, '{$1}');
    found.push(...methods.split(', ').map((method) => `${method} ${path}`));
  }
  return found;
}

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document.document) as never);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('is the one that the SDK is made from; if not, run: npm run generate', () => {
    const file = join(import.meta.dirname, '..', '..', '..', '..', 'libs', 'sdk', 'openapi.json');
    const { info, ...committed } = JSON.parse(readFileSync(file, 'utf8')) as typeof document.document;
    const { info: served, ...rest } = document.document;
    expect(rest).toEqual(committed);
    // The api of the tests has a version of its own.
    expect({ ...served, version: null }).toEqual({ ...info, version: null });
  });

  it('has schemas that are right in the strictest sense', () => {
    const names = Object.keys(document.document.components.schemas);
    expect(names).toEqual(expect.arrayContaining(['App', 'AppSpec', 'AppPatch', 'AppStatus', 'Problem']));
    for (const name of names) document.flawsOf(name, {});
  });

  it('refers to no schema that is missing, and has none that nobody refers to', () => {
    const text = JSON.stringify(document.document);
    const used = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(document.document.components.schemas).sort());
  });

  it('tells of every route that the server knows, and of no other', () => {
    const known = routes()
      .filter((route) => METHODS.some((method) => route.startsWith(`${method} `)))
      .filter((route) => !/^GET \/docs(\/|$)|^GET \/api\/v3\/openapi\.json$/.test(route));
    const told = document.calls.map(({ method, path }) => `${method} ${path}`);
    expect(known.length).toBeGreaterThan(10);
    expect(told.sort()).toEqual(known.sort());
  });

  it('names each operation once, with words and a tag that it explains', () => {
    const { calls } = document;
    const ids = calls.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.document.tags.map(({ name }) => name);
    for (const { operation } of calls) {
      expect(operation.operationId).toMatch(/^[a-z]+[A-Za-z]*$/);
      expect(operation.summary).toMatch(/^[A-Z]/);
      for (const tag of operation.tags) expect(tags).toContain(tag);
    }
  });

  it('has the parameters of each path, and no other in it', () => {
    for (const { path, operation } of document.calls) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const told = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(told.map(({ name }) => name)).toEqual(inPath);
      expect(told.every(({ required }) => required)).toBe(true);
    }
  });
});

describe('problems in the document', () => {
  const KNOWN: ProblemType[] = Object.values(PROBLEMS);

  it('are those that exist, with their own status', () => {
    for (const { operation } of document.calls) {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        for (const { value } of Object.values(content['application/problem+json']?.examples ?? {})) {
          const { type, title, status: told } = value as ProblemType;
          expect(KNOWN).toContainEqual({ type, title, status: told });
          expect(String(told)).toBe(status);
        }
      }
    }
  });

  it('are all that exist, in the schema and in the introduction', () => {
    const types = KNOWN.map(({ type }) => type);
    const { schemas } = document.document.components;
    expect((schemas['Problem']?.['properties'] as { type: { enum: string[] } }).type.enum).toEqual(types);
    for (const { type, status } of KNOWN) {
      expect(document.document.info.description).toContain(`| ${status} | \`${type}\` |`);
    }
    expect(new Set(types).size).toBe(types.length);
    for (const type of types) expect(type).toMatch(/^urn:nebula:problem:[a-z]+(-[a-z]+)*$/);
  });

  it('can be any on each call, beside those that it lists', () => {
    for (const { operation } of document.calls) {
      const content = operation.responses['default']?.content ?? {};
      expect(content['application/problem+json']?.schema).toEqual({ $ref: '#/components/schemas/Problem' });
    }
  });
});

describe('examples in the document', () => {
  it('are what their schemas say', () => {
    let count = 0;
    for (const { place, media } of document.media) {
      const { schema = {}, example, examples = {} } = media;
      const values = [
        ...(example === undefined ? [] : [example]),
        ...Object.values(examples).map(({ value }) => value),
      ];
      for (const value of values) {
        expect({ place, flaws: document.flawsOf(schema, value) }).toEqual({ place, flaws: null });
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(50);
  });

  it('stand in every successful response with a body, and in every request', () => {
    for (const { place, media } of document.media) {
      if (/ (default|[45]\d\d)$/.test(place)) continue;
      expect({ place, has: media.example !== undefined || media.examples !== undefined }).toEqual({
        place,
        has: true,
      });
    }
  });

  it('within schemas are what these say, defaults too', () => {
    const found: [object, unknown][] = [];
    const look = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const { examples, default: byDefault } = value as { examples?: unknown; default?: unknown };
      if (Array.isArray(examples)) found.push(...examples.map((each): [object, unknown] => [value, each]));
      if (byDefault !== undefined) found.push([value, byDefault]);
      Object.values(value).forEach(look);
    };
    look(document.document.components.schemas['AppSpec']?.['properties']);
    expect(found.length).toBeGreaterThan(10);
    for (const [schema, value] of found) expect(document.flawsOf(schema, value)).toBeNull();
  });
});

describe('examples of parameters', () => {
  it('stand at each, unless its values or its default say enough, and are what its schema says', () => {
    const all = document.calls.flatMap(({ operation: { operationId, parameters = [] } }) =>
      parameters.map((parameter) => ({ place: `${operationId} ${parameter.name}`, ...parameter })),
    );
    expect(all.length).toBeGreaterThan(90);
    for (const { place, schema } of all) {
      const { examples = [], default: byDefault, enum: values } = schema as ExampledSchema;
      const said = [...examples, ...(byDefault === undefined ? [] : [byDefault])];
      expect({ place, has: said.length > 0 || values !== undefined }).toEqual({ place, has: true });
      for (const value of said)
        expect({ place, flaws: document.flawsOf(schema, value) }).toEqual({ place, flaws: null });
    }
  });

  it('of a place in a list are what the list takes', async () => {
    await api.create('exampled');
    for (const { path, operation } of document.calls) {
      const cursor = operation.parameters?.find(({ name }) => name === 'cursor');
      if (!cursor) continue;
      const [example] = (cursor.schema as ExampledSchema).examples ?? [];
      const list = path.replace('/api/v3', '').replace('{app}', 'exampled');
      const { status } = await api.call('GET', `${list}?cursor=${String(example)}`);
      expect({ path, status }).toEqual({ path, status: 200 });
    }
  });
});

describe('the schema of a spec', () => {
  const RIGHT = { app_name: 'shop', docker_image: 'shop:1' };

  /** What JSON Schema can't say, or says in so many words that nobody would read them. */
  const BEYOND = [
    /^a host port twice$/,
    /^ports /,
    /^the image /,
    /^the volume /,
    /^the device /,
    /^a network next to host$/,
    /^port "0"$/,
    /^an unknown (template|capability|signal)$/,
    /^a capability added and dropped$/,
    /^the path of a seccomp profile$/,
    /^a tmpfs at /,
    /^a name server by name$/,
    /^an extra host without address$/,
    /^a request with count and device_ids$/,
    /^memory_(swap|reservation) /,
    /^a misspelled option of a log driver$/,
    /^a UDP port twice$/,
    /^a parameter of the network /,
  ];

  it.each(WRONG_SPECS.filter(([name]) => !BEYOND.some((pattern) => pattern.test(name))))(
    'refuses %s as the api does',
    (_name, changes) => {
      for (const schema of ['AppSpec', 'AppSpecInPlace']) {
        expect(document.flawsOf(schema, { ...RIGHT, ...changes })).not.toBeNull();
      }
    },
  );

  it.each<GivenSpec>([
    {},
    { starting_ports: [80, '81', { '90': '8080' }, { '91': 8081 }] },
    ...['server', 'instance', 'cpu', 'memory', 'mem'].map((measure) => ({
      containers_per: { [measure]: 2 },
    })),
    { containers_per: { cpu: 0.5 } },
    { env_vars: { A: '', 'a.b-c': 'ünïcode\n', '0': '1' } },
    { networks: ['a', 'b-c.d_e'] },
    { networks: ['host'] },
    { networks: ['container:other-1'] },
    { volumes: ['/a:/b', '/a b:/c:ro,z', 'named:/d:nocopy', '/e:/f:rshared'] },
    { devices: ['/dev/x', '/dev/x:/dev/y', '/dev/z:rw', '/dev/a:/b:m'] },
    { command: ['', 'a b', '\n'] },
    { command: null },
    { privileged: true, running: false },
    { docker_image: `registry.example:5000/a/b:1@sha256:${'0'.repeat(64)}` },
    ...Object.entries(SETTINGS).map(([field, value]) => ({ [field]: value })),
    SETTINGS,
    { starting_ports: ['53/udp', { '127.0.0.1:81': 80 }, { '[::1]:81': '80/tcp' }] },
    { networks: ['a', { name: 'b', aliases: ['c'] }] },
  ])('takes %j as the api does', async (changes) => {
    const spec = { ...RIGHT, ...changes };
    const answer = await api.call('PUT', '/apps/shop', { json: spec });
    expect(answer.body).toMatchObject({ app_name: 'shop' });
    expect([200, 201]).toContain(answer.status);
    for (const schema of ['AppSpec', 'AppSpecInPlace', 'AppPatch']) {
      expect(document.flawsOf(schema, spec)).toBeNull();
    }
    expect(document.flawsOf('App', answer.body)).toBeNull();
  });

  it.each<Record<string, unknown>>([
    { env_vars: { A: null, B: '1' } },
    { env_vars: null, containers_per: null, command: null, networks: null, running: null },
    { containers_per: { server: null, cpu: 2 } },
    ...Object.keys(SETTINGS).map((field) => ({ [field]: null })),
    { labels: { a: null, b: 'c' }, sysctls: { 'net.core.somaxconn': null } },
    { resources: { memory: null, cpus: 2 }, update: { strategy: null, max_unavailable: '10%' } },
    { ulimits: { nofile: null, nproc: { soft: 1, hard: 2 } } },
    { hooks: { pre_stop: null, post_start: { command: ['x'], timeout_seconds: null } } },
    { health_check: { command: 'x', retries: null } },
    { log_driver: { name: 'local', options: { 'max-size': null } } },
    {},
  ])('takes the patch %j as the api does', async (patch) => {
    await api.call('PUT', '/apps/shop', { json: RIGHT });
    expect(await api.call('PATCH', '/apps/shop', { json: patch })).toMatchObject({ status: 200 });
    expect(document.flawsOf('AppPatch', patch)).toBeNull();
  });
});
