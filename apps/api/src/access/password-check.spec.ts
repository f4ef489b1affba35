import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { KeyedDigest } from './keyed-digest.js';
import { isArgon2idHash, isHashed, PasswordCheck } from './password-check.js';
import { RecentOutcomes } from './recent-outcomes.js';

describe('a password', () => {
  it.each([
    ['in clear', async () => 'hünter2: x'],
    ['as its hash', async () => await hash('hünter2: x', { memoryCost: 256, timeCost: 1 })],
  ])('that is configured %s is right by itself alone, with its user alone', async (_how, configured) => {
    const check = new PasswordCheck({ user: 'admin', password: await configured() }, new KeyedDigest());
    expect(await check.matches('admin', 'hünter2: x')).toBe(true);
    for (const wrong of ['', 'hünter2: X', 'hünter2: x ', await configured().then((text) => `${text}.`)])
      expect(await check.matches('admin', wrong)).toBe(false);
    expect(await check.matches('Admin', 'hünter2: x')).toBe(false);
  });

  it('that is a hash is not known by the hash', async () => {
    const password = await hash('hunter2', { memoryCost: 256, timeCost: 1 });
    expect(isHashed(password) && isArgon2idHash(password)).toBe(true);
    expect(await new PasswordCheck({ user: 'a', password }, new KeyedDigest()).matches('a', password)).toBe(
      false,
    );
  });

  it.each(['$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaGhhc2hoYXNo', '$argon2id$', '$argon2id$v=19$x'])(
    '%s is no hash that is taken',
    (text) => {
      expect(isHashed(text)).toBe(true);
      expect(isArgon2idHash(text)).toBe(false);
    },
  );
});

describe('an outcome', () => {
  it('is remembered for a while, from the beginning of its check, unless that fails', async () => {
    let now = 0;
    const recent = new RecentOutcomes(() => now, 2);
    const slow = Promise.resolve(true);
    recent.set('a', slow);
    expect(recent.get('a')).toBe(slow);
    now = 5 * 60_000;
    expect(recent.get('a')).toBeUndefined();
    const failing = Promise.reject(new Error('no memory'));
    recent.set('b', failing);
    await expect(failing).rejects.toThrow();
    expect(recent.get('b')).toBeUndefined();
    for (const digest of ['c', 'd', 'e']) recent.set(digest, Promise.resolve(false));
    expect(['c', 'd', 'e'].map((digest) => recent.get(digest) !== undefined)).toEqual([false, true, true]);
  });

  it('stands under a digest that depends on each text and on the process', () => {
    const digest = new KeyedDigest();
    expect(digest.of('a', 'b')).toBe(digest.of('a', 'b'));
    const others = [
      digest.of('ab', ''),
      digest.of('a', 'b', ''),
      digest.of('b', 'a'),
      new KeyedDigest().of('a', 'b'),
    ];
    expect(new Set([digest.of('a', 'b'), ...others]).size).toBe(5);
  });
});
