import { describe, expect, it } from '@jest/globals';
import {
  type AppSpec,
  type CompactTokens,
  DESIRED_STATE_SCHEMA,
  desiredStateDigest,
  messageContents,
  NO_TOKENS,
  parseAppSpec,
  parseDesiredState,
  specDefaults,
  UnknownFieldsError,
} from '../index.js';
import { RIGHT } from '../app-spec/testing/problems.js';
import { WHOLE } from '../app-spec/testing/whole-spec.js';

/** Every field that schema 1 has, with values that it takes. */
const OLD = {
  app_name: 'shop',
  docker_image: 'registry.example:5000/team/shop:1',
  starting_ports: [{ '81': '80' }, 443],
  containers_per: { cpu: 0.5 },
  env_vars: { PASSWORD: 'hunter2', EMPTY: '' },
  running: false,
  networks: ['backend'],
  volumes: ['/srv:/data:ro', 'named:/cache'],
  devices: ['/dev/x:/dev/y:rw'],
  privileged: true,
  command: ['serve', ''],
};

function specOf(fields: object): AppSpec {
  const result = parseAppSpec({ ...RIGHT, ...fields });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function minReader(fields: object, tokens: CompactTokens = NO_TOKENS): number {
  return messageContents(specOf(fields), tokens).min_reader;
}

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('a message', () => {
  it('is for every worker when it says nothing new', () => {
    expect(minReader({})).toBe(1);
    expect(minReader(OLD, { restart: 3, release: 5 })).toBe(1);
    expect(minReader({ env_vars: { FORMAT: '{{ .Node }} {{.Other}}' } })).toBe(1);
    expect(minReader({ ...specDefaults(), ...OLD })).toBe(1);
    expect(minReader(OLD, { ...NO_TOKENS, prune: 7 })).toBe(1);
    // It runs the app as it is meant, and shows no value of the environment anyhow.
    expect(minReader({ ...OLD, secret_env_vars: ['PASSWORD'] })).toBe(1);
    expect(messageContents(null, { ...NO_TOKENS, roll: 7 }).min_reader).toBe(1);
  });

  it('is for workers of this schema when a field or token has something new', () => {
    for (const [field, value] of Object.entries<unknown>({ ...WHOLE })) {
      if (!(field in OLD) && field !== 'secret_env_vars')
        expect([field, minReader({ [field]: value })]).toEqual([field, 2]);
    }
    expect(minReader({}, { ...NO_TOKENS, roll: 7 })).toBe(2);
  });

  it.each([
    { starting_ports: ['53/udp'] },
    { starting_ports: ['80/tcp'] },
    { starting_ports: [80, { '81': '53/udp' }] },
    { starting_ports: [{ '127.0.0.1:81': 80 }] },
    { networks: [{ name: 'backend' }] },
    { env_vars: { PLAIN: 'a', WHERE: 'on {{.Node}}' } },
    { networks: ['a', { name: 'b', aliases: ['c'] }] },
  ])('is for workers of this schema when an old field has a new form: %j', (fields) => {
    expect(minReader(fields)).toBe(2);
  });

  it('is one that this program reads', () => {
    for (const spec of [specOf({ ...WHOLE, privileged: false }), specOf(OLD), null]) {
      const message = { ...messageContents(spec, { ...NO_TOKENS, roll: 2, prune: 3 }), app_name: 'shop' };
      const whole = { ...message, epoch: 0, revision: 3, issued_at: '2026-01-31T12:00:00.000Z' };
      expect(parseDesiredState(overTheWire(whole))).toEqual({ ok: true, value: whole });
      expect(message.schema).toBe(DESIRED_STATE_SCHEMA);
      expect(message.min_reader).toBeLessThanOrEqual(DESIRED_STATE_SCHEMA);
    }
  });
});

it('digests of specs without new fields are those of the program that knew no others', () => {
  // Recorded with the code of schema 1.
  expect(desiredStateDigest(specOf(OLD), { restart: 3, release: 5 })).toBe(
    '721fed8f1a23cd1c6a17edcacbebd60486911130f8c4d713ef3e6b34b8c44199',
  );
  expect(desiredStateDigest(specOf(OLD), NO_TOKENS)).toBe(
    '6012c699c3107df7c46bfb09cadcb933062d9efd1e8e235565e029422a00a7cd',
  );
});

it('a spec with fields of a newer version makes no message, and which they are is said', () => {
  const newer = { ...specOf({}), shiny: 'hunter2', later: [1] };
  expect(() => messageContents(newer, NO_TOKENS)).toThrow(new UnknownFieldsError(['shiny', 'later']));
});
