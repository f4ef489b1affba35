import { describe, expect, it } from '@jest/globals';
import { Keyring } from './keyring.js';
import { parseSecretKeys } from './secret-key.js';

const keyOf = (id: string, byte: number) => ({ id, key: Buffer.alloc(32, byte) });
const OLD = keyOf('old', 1);
const NEW = keyOf('new', 2);
const HERE = { app_name: 'shop', variable: 'TOKEN' };
const keyring = new Keyring([OLD]);

/** Another text at a place of the bytes behind the id. */
function tampered(sealed: string, byte: number): string {
  const [form, id, base64 = ''] = sealed.split(':');
  const bytes = Buffer.from(base64, 'base64');
  bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte);
  return [form, id, bytes.toString('base64')].join(':');
}

describe('a sealed value', () => {
  it.each(['hunter2', '', 'Grüß "Gott"\n\u{1F600}', '***', 'v1:old:AAAA', 'x'.repeat(200_000)])(
    'is opened where it belongs (%#)',
    (value) => {
      const sealed = keyring.seal(value, HERE);
      expect(keyring.open(sealed, HERE)).toEqual({ ok: true, value });
      if (value.length > 3) expect(sealed).not.toContain(value);
    },
  );

  it('tells its key, and is another one each time', () => {
    const [one, two] = [keyring.seal('hunter2', HERE), keyring.seal('hunter2', HERE)];
    expect(one).toMatch(/^v1:old:[A-Za-z0-9+/]+=*$/);
    expect(one).not.toBe(two);
  });

  it.each([
    ['at another variable', { ...HERE, variable: 'OTHER' }],
    ['at another app', { ...HERE, app_name: 'other' }],
    ['where app and variable only look alike together', { app_name: 'shopT', variable: 'OKEN' }],
  ])('is not opened %s', (_name, place) => {
    const opened = keyring.open(keyring.seal('hunter2', HERE), place);
    expect(opened).toEqual({ ok: false, reason: expect.stringContaining('changed or moved') });
  });

  it.each([
    ['the IV', 0],
    ['the tag', 12],
    ['the end of the tag', 27],
    ['the text', 28],
  ])('is not opened after a change of %s', (_name, byte) => {
    expect(keyring.open(tampered(keyring.seal('hunter2', HERE), byte), HERE)).toMatchObject({ ok: false });
  });

  it('is not opened with a shorter tag, or cut', () => {
    const [form, id, base64 = ''] = keyring.seal('hunter2', HERE).split(':');
    const bytes = Buffer.from(base64, 'base64');
    for (const cut of [bytes.subarray(0, 16), bytes.subarray(0, 30), bytes.subarray(1), Buffer.alloc(0)]) {
      expect(keyring.open([form, id, cut.toString('base64')].join(':'), HERE)).toMatchObject({ ok: false });
    }
  });

  it.each(['hunter2', '', 'v1', 'v1:old', 'v2:old:AAAA', 'v1::AAAA', 'v1:old:AAAA:AAAA'])(
    'is none in the form %j',
    (text) => {
      expect(keyring.open(text, HERE)).toEqual({ ok: false, reason: expect.any(String) });
    },
  );
});

describe('a keyring', () => {
  it('opens with every key and seals with the first', () => {
    const rotated = new Keyring([NEW, OLD]);
    const before = keyring.seal('hunter2', HERE);
    expect(rotated.open(before, HERE)).toEqual({ ok: true, value: 'hunter2' });
    expect(rotated.isNewest(before)).toBe(false);
    const after = rotated.seal('hunter2', HERE);
    expect(after).toMatch(/^v1:new:/);
    expect(rotated.isNewest(after)).toBe(true);
    expect(keyring.isNewest(before)).toBe(true);
  });

  it('says which key is missing', () => {
    const opened = new Keyring([NEW]).open(keyring.seal('hunter2', HERE), HERE);
    expect(opened).toEqual({
      ok: false,
      reason: 'it was sealed with the key "old", which is not configured',
    });
  });

  it('does not open with another key of the same id', () => {
    const other = new Keyring([keyOf('old', 9)]);
    expect(other.open(keyring.seal('hunter2', HERE), HERE)).toMatchObject({ ok: false });
  });

  it('seals nothing without a key', () => {
    const none = new Keyring([]);
    expect(none.canSeal).toBe(false);
    expect(() => none.seal('hunter2', HERE)).toThrow('no key');
    expect(none.isNewest(keyring.seal('hunter2', HERE))).toBe(false);
  });
});

describe('keys as text', () => {
  const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');

  it('are an id and 32 bytes', () => {
    const parsed = parseSecretKeys([`k1:${base64(32)}`, ` k.2_-:${base64(32)}`]);
    expect(parsed.keys?.map(({ id, key }) => [id, key.length])).toEqual([
      ['k1', 32],
      ['k.2_-', 32],
    ]);
    expect(parseSecretKeys([])).toEqual({ keys: [] });
  });

  it.each([
    base64(32),
    `k1:${base64(31)}`,
    `k1:${base64(33)}`,
    `:${base64(32)}`,
    `a b:${base64(32)}`,
    `k1:${base64(32)}:x`,
    `k1:${'!'.repeat(44)}`,
    `${'k'.repeat(33)}:${base64(32)}`,
    'k1:',
    '',
  ])('are not %j, and nothing of it is shown', (text) => {
    const { problems = [] } = parseSecretKeys([`ok:${base64(32)}`, text]);
    expect(problems).toEqual([expect.stringMatching(/^item 2 must be <id>:<32 bytes in base64>/)]);
    expect(problems.join()).not.toContain(base64(32).slice(0, 8));
  });

  it('have different ids', () => {
    const parsed = parseSecretKeys([`k1:${base64(32)}`, `k1:${Buffer.alloc(32, 8).toString('base64')}`]);
    expect(parsed.problems).toEqual(['item 2 has the id "k1", which another has too']);
  });
});
