import { describe, expect, it } from '@jest/globals';
import {
  type AppSpec,
  compactSpec,
  desiredStateDigest,
  maskSpec,
  NO_TOKENS,
  parseAppSpec,
  SECRET_MASK,
  unmaskSpec,
} from '../index.js';
import { problemsOf, RIGHT } from './testing/problems.js';

function specOf(env_vars: Record<string, string>, secret_env_vars: string[] = []): AppSpec {
  const parsed = parseAppSpec({ ...RIGHT, env_vars, secret_env_vars });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const BEFORE = specOf({ COLOUR: 'blue', TOKEN: 'hunter2', EMPTY: '' }, ['TOKEN', 'EMPTY']);

describe('secret_env_vars', () => {
  it.each<[string, unknown, string]>([
    [
      'a name that env_vars lacks',
      ['TOKEN', 'NONE'],
      '/secret_env_vars/1 must be the name of one of env_vars',
    ],
    ['a name twice', ['TOKEN', 'TOKEN'], '/secret_env_vars/1 must be listed once'],
    [
      'values in place of names',
      { TOKEN: 'hunter2' },
      '/secret_env_vars must be a list of names of env_vars',
    ],
    ['a value twice', ['hunter2', 'hunter2'], '/secret_env_vars/1 must be listed once'],
    ['a number', [5], '/secret_env_vars/0 must be the name of one of env_vars, not a number'],
    ['text', 'TOKEN', '/secret_env_vars must be a list of names of env_vars'],
  ])('refuses %s, and shows no value', (_name, secret_env_vars, message) => {
    const given = { ...RIGHT, env_vars: { TOKEN: 'hunter2' }, secret_env_vars };
    const parsed = parseAppSpec(given);
    if (parsed.ok) throw new Error('it was taken');
    const [first] = parsed.problems;
    expect(`${first?.pointer} ${first?.message}`).toContain(message);
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });

  it('takes names of any form that env_vars takes', () => {
    const names = ['a b', 'É', '*'];
    const env_vars = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(problemsOf({ env_vars, secret_env_vars: names })).toEqual([]);
  });

  it('change no digest when there are none', () => {
    const { secret_env_vars: _none, ...old } = specOf({ TOKEN: 'hunter2' });
    expect(desiredStateDigest(specOf({ TOKEN: 'hunter2' }), NO_TOKENS)).toBe(
      desiredStateDigest(old as AppSpec, NO_TOKENS),
    );
  });
});

describe('masking', () => {
  it('hides the values of secrets and nothing else', () => {
    expect(maskSpec(BEFORE)).toEqual({
      ...BEFORE,
      env_vars: { COLOUR: 'blue', TOKEN: SECRET_MASK, EMPTY: SECRET_MASK },
    });
    expect(BEFORE.env_vars['TOKEN']).toBe('hunter2');
  });

  it('keeps the order of names, and gives back what has no secrets', () => {
    expect(Object.keys(maskSpec(BEFORE).env_vars)).toEqual(['COLOUR', 'TOKEN', 'EMPTY']);
    const open = specOf({ COLOUR: 'blue' });
    expect(maskSpec(open)).toBe(open);
  });

  it('masks a compact spec as well', () => {
    expect(maskSpec(compactSpec(BEFORE)).env_vars).toMatchObject({ TOKEN: SECRET_MASK });
    expect(maskSpec({ secret_env_vars: ['TOKEN'] })).toEqual({ secret_env_vars: ['TOKEN'] });
  });
});

describe('unmasking', () => {
  const refused = (spec: AppSpec, previous: AppSpec | null) => {
    const result = unmaskSpec(spec, previous);
    return result.ok ? [] : result.problems.map(({ pointer, message }) => `${pointer} ${message}`);
  };

  it('is the inverse of masking', () => {
    expect(unmaskSpec(maskSpec(BEFORE), BEFORE)).toEqual({ ok: true, value: { ...BEFORE } });
  });

  it('takes new values beside those that are kept, and leaves what is removed away', () => {
    const given = specOf({ TOKEN: 'new', EMPTY: SECRET_MASK, MORE: 'm' }, ['MORE', 'EMPTY']);
    expect(unmaskSpec(given, BEFORE)).toMatchObject({
      value: { env_vars: { TOKEN: 'new', EMPTY: '', MORE: 'm' } },
    });
  });

  it.each([
    ['an app that is not there', { TOKEN: SECRET_MASK }, ['TOKEN'], null],
    ['a name that the app has not', { OTHER: SECRET_MASK }, ['OTHER'], BEFORE],
    [
      'a name that was no secret, whose value everybody can read',
      { COLOUR: SECRET_MASK },
      ['COLOUR'],
      BEFORE,
    ],
  ])('refuses the mask for %s', (_name, env_vars: Record<string, string>, secrets, previous) => {
    const [name] = secrets;
    expect(refused(specOf(env_vars, secrets), previous)).toEqual([
      `/env_vars/${name} must be a value: "***" keeps that of a secret, and the app has no secret of this name yet`,
    ]);
  });

  it('makes no secret readable by taking its name off the list', () => {
    expect(refused({ ...maskSpec(BEFORE), secret_env_vars: ['EMPTY'] }, BEFORE)).toEqual([
      expect.stringMatching(/^\/env_vars\/TOKEN must be a new value, or stay in secret_env_vars/),
    ]);
    expect(unmaskSpec(specOf({ TOKEN: 'blue' }), BEFORE)).toMatchObject({
      value: { env_vars: { TOKEN: 'blue' } },
    });
  });

  it('leaves the same text alone where it was never a secret', () => {
    const stars = specOf({ COLOUR: SECRET_MASK });
    expect(unmaskSpec(stars, BEFORE)).toEqual({ ok: true, value: stars });
    expect(unmaskSpec(stars, null)).toEqual({ ok: true, value: stars });
  });
});
