import { describe, expect, it } from '@jest/globals';
import {
  type CompactSpec,
  compactSpec,
  compactTokens,
  DESIRED_STATE_SCHEMA,
  type DesiredStateMessage,
  desiredStateDigest,
  expandSpec,
  hashOf,
  NO_TOKENS,
  parseDesiredState,
} from '../index.js';

const SPEC: CompactSpec = { app_name: 'shop', docker_image: 'shop:1', env_vars: { PASSWORD: 'hunter2' } };

const MESSAGE: DesiredStateMessage = {
  schema: 1,
  min_reader: 1,
  app_name: 'shop',
  epoch: 0,
  revision: 7,
  digest: desiredStateDigest(expandSpec(SPEC), NO_TOKENS),
  deleted: false,
  issued_at: '2026-01-31T12:00:00.000Z',
  tokens: compactTokens(NO_TOKENS),
  spec: SPEC,
};

const TOMBSTONE: DesiredStateMessage = {
  ...MESSAGE,
  deleted: true,
  spec: null,
  digest: desiredStateDigest(null, NO_TOKENS),
};

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function problems(change: object): string[] {
  const result = parseDesiredState(overTheWire({ ...MESSAGE, ...change }));
  return result.ok ? [] : result.problems.map(({ pointer }) => pointer);
}

describe('parseDesiredState', () => {
  it.each([
    ['a desired state', MESSAGE],
    ['a tombstone', TOMBSTONE],
  ])('takes %s as it was sent', (_case, message) => {
    const result = parseDesiredState(overTheWire(message));
    expect(result).toEqual({ ok: true, value: message });
  });

  it('leaves the spec compact', () => {
    const result = parseDesiredState(overTheWire(MESSAGE));
    expect(result.ok && Object.keys(result.value.spec ?? {}).sort()).toEqual(Object.keys(SPEC).sort());
    expect(result.ok && result.value.spec && compactSpec(expandSpec(result.value.spec))).toEqual(SPEC);
  });

  it('ignores fields of newer programs everywhere, and checks the digest that covers them', () => {
    const spec = { ...SPEC, cpu_limit: 2, health: { test: ['x'] } };
    const tokens = { ...compactTokens(NO_TOKENS), sweep: 3 };
    const newer = { ...MESSAGE, schema: 2, trace: 'x', spec, tokens, digest: hashOf({ spec, tokens }) };
    expect(parseDesiredState(overTheWire(newer))).toEqual({
      ok: true,
      value: { ...MESSAGE, schema: 2, digest: newer.digest },
    });
  });

  it('takes tokens that were never asked for as if they were not there', () => {
    const tokens = { ...compactTokens(NO_TOKENS), roll: 4 };
    const asked = { ...MESSAGE, tokens, digest: hashOf({ spec: MESSAGE.spec, tokens }) };
    expect(parseDesiredState(overTheWire(asked))).toEqual({ ok: true, value: asked });
    expect(desiredStateDigest(expandSpec(SPEC), { ...NO_TOKENS, roll: 4 })).toBe(asked.digest);
    expect(MESSAGE.tokens).toEqual({ restart: 0, release: 0 });
  });

  it('says that the worker is too old, and nothing else', () => {
    const min_reader = DESIRED_STATE_SCHEMA + 1;
    expect(parseDesiredState({ min_reader, spec: 5, digest: 'another kind' })).toEqual({
      ok: false,
      problems: [
        {
          pointer: '/min_reader',
          value: min_reader,
          message: expect.stringContaining('this one is too old'),
        },
      ],
    });
  });

  it.each<[string, object, string[]]>([
    ['another digest', { digest: '0'.repeat(64) }, ['/digest']],
    ['a digest of something else', { digest: TOMBSTONE.digest }, ['/digest']],
    ['other tokens than the digest', { tokens: { restart: 1, release: 0 } }, ['/digest']],
    ['another spec than the digest', { spec: { ...SPEC, docker_image: 'other' } }, ['/digest']],
    ['a digest in capitals', { digest: MESSAGE.digest.toUpperCase() }, ['/digest']],
    ['a spec of another app', { app_name: 'other' }, ['/spec/app_name']],
    ['a tombstone with a spec', { deleted: true }, ['/spec']],
    ['no spec', { spec: null, digest: TOMBSTONE.digest }, ['/spec']],
    ['a missing spec', { spec: undefined }, ['/spec']],
    ['a list as spec', { spec: [] }, ['/spec']],
    ['a text as spec', { spec: 'hunter2' }, ['/spec']],
    ['a bad spec', { spec: { ...SPEC, running: 1, networks: [[]] } }, ['/spec/running', '/spec/networks/0']],
    ['a bad app name', { app_name: 'a b' }, ['/app_name']],
    ['an unsafe revision', { revision: 2 ** 53 }, ['/revision']],
    ['a negative epoch', { epoch: -1 }, ['/epoch']],
    ['a fraction', { revision: 1.5 }, ['/revision']],
    ['texts for numbers', { schema: '1', epoch: '0' }, ['/schema', '/epoch']],
    [
      'null for everything',
      { schema: null, deleted: null, tokens: null },
      ['/schema', '/deleted', '/tokens'],
    ],
    ['bad tokens', { tokens: { restart: -1 } }, ['/tokens/restart', '/tokens/release']],
    ['a list of tokens', { tokens: [] }, ['/tokens']],
    ['a bad instant', { issued_at: 'yesterday' }, ['/issued_at']],
    ['no min_reader', { min_reader: undefined }, ['/min_reader']],
  ])('refuses %s', (_case, change, places) => {
    expect(problems(change)).toEqual(places);
  });

  it('tells no secret of a spec', () => {
    for (const spec of [
      'hunter2',
      ['hunter2'],
      { ...SPEC, env_vars: ['hunter2'] },
      { ...SPEC, env: 'hunter2', running: 5 },
    ]) {
      const result = parseDesiredState({ ...MESSAGE, spec });
      expect(result.ok).toBe(false);
      expect(JSON.stringify(result)).not.toContain('hunter2');
    }
  });

  it('tells no digest, by which a guess of a secret could be confirmed', () => {
    const result = parseDesiredState({ ...MESSAGE, digest: '0'.repeat(64) });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(/[0-9a-f]{8}/);
  });

  it('refuses an empty object, field by field', () => {
    const result = parseDesiredState({});
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.problems.map(({ pointer }) => pointer)).toEqual(
      Object.keys(MESSAGE).map((field) => `/${field}`),
    );
    for (const { message } of result.problems) expect(message).toMatch(/^is required: /);
  });
});

describe('desiredStateDigest', () => {
  it('never changes for the same wish: workers and databases keep it', () => {
    expect(desiredStateDigest(null, NO_TOKENS)).toBe(
      '64c205b5104ab9d0f6584d9495ba826bde223bf5a34f80c87b6aac78eb129c47',
    );
    expect(MESSAGE.digest).toBe('2dffe3be3e8336c0eaf0e9ee541cc3c4bc02eaca6c499ea658f3d4f9b9dd0d70');
  });

  it('does not depend on defaults that are written out or on the order of fields', () => {
    const reordered = expandSpec({
      env_vars: { PASSWORD: 'hunter2' },
      docker_image: 'shop:1',
      app_name: 'shop',
    });
    reordered.running = true;
    expect(desiredStateDigest(reordered, { release: 0, restart: 0 })).toBe(MESSAGE.digest);
  });

  it('differs for every other wish', () => {
    const digests = [
      desiredStateDigest(null, NO_TOKENS),
      desiredStateDigest(null, { restart: 1, release: 0 }),
      desiredStateDigest(null, { restart: 0, release: 1 }),
      desiredStateDigest(expandSpec(SPEC), NO_TOKENS),
      desiredStateDigest(expandSpec({ ...SPEC, env_vars: { PASSWORD: 'other' } }), NO_TOKENS),
      desiredStateDigest(expandSpec({ ...SPEC, running: false }), NO_TOKENS),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
