import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppSpec } from '../app-spec/app-spec.js';
import { diffLists } from './diff-lists.js';
import { diffSpecs, type SpecChange } from './diff-specs.js';

function specOf(given: Partial<AppSpec> = {}): AppSpec {
  return Object.assign(new AppSpec(), { app_name: 'shop', docker_image: 'shop:1', ...given });
}

function diff(before: Partial<AppSpec>, after: Partial<AppSpec>): SpecChange[] {
  return diffSpecs(specOf(before), specOf(after));
}

describe('the difference between two specs', () => {
  it('is nothing for the same spec, in whatever order it is written', () => {
    expect(diff({}, {})).toEqual([]);
    expect(diff({ env_vars: { A: '1', B: '2' } }, { env_vars: { B: '2', A: '1' } })).toEqual([]);
  });

  it('has the fields in the order of the documentation, with what each does to containers', () => {
    const after = { update: { strategy: 'rolling' as const }, running: false, docker_image: 'shop:2' };
    expect(diff({}, after)).toEqual([
      { pointer: '/docker_image', from: 'shop:1', to: 'shop:2', effect: 'replaces' },
      { pointer: '/running', from: true, to: false, effect: 'no container touched' },
      { pointer: '/update/strategy', to: 'rolling', effect: 'no container touched' },
    ]);
  });

  it('has the members of objects, each at its own pointer', () => {
    const changes = diff(
      { env_vars: { KEPT: '1', CHANGED: '1', GONE: '1' } },
      { env_vars: { NEW: '1', CHANGED: '2', KEPT: '1', 'a/b~c': '' } },
    );
    expect(changes).toEqual([
      { pointer: '/env_vars/CHANGED', from: '1', to: '2', effect: 'replaces' },
      { pointer: '/env_vars/GONE', from: '1', effect: 'replaces' },
      { pointer: '/env_vars/NEW', to: '1', effect: 'replaces' },
      { pointer: '/env_vars/a~1b~0c', to: '', effect: 'replaces' },
    ]);
  });

  it('knows members that do something else than their field', () => {
    expect(diff({}, { resources: { cpus: 1, oom_score: 5 } })).toEqual([
      { pointer: '/resources/cpus', to: 1, effect: 'in place' },
      { pointer: '/resources/oom_score', to: 5, effect: 'replaces' },
    ]);
  });

  it('has one item for one item, wherever it stands', () => {
    expect(diff({ volumes: ['a:/a', 'b:/b', 'c:/c'] }, { volumes: ['n:/n', 'a:/a', 'c:/c'] })).toEqual([
      { pointer: '/volumes/0', to: 'n:/n', effect: 'replaces' },
      { pointer: '/volumes/1', from: 'b:/b', effect: 'replaces' },
    ]);
    expect(diff({ starting_ports: [{ '81': '80' }] }, { starting_ports: [{ '82': '80' }] })).toEqual([
      { pointer: '/starting_ports/0', from: { '81': '80' }, to: { '82': '80' }, effect: 'replaces' },
    ]);
  });

  it('has a command as one value', () => {
    expect(diff({ command: ['a', 'b'] }, { command: ['a', 'c'] })).toEqual([
      { pointer: '/command', from: ['a', 'b'], to: ['a', 'c'], effect: 'replaces' },
    ]);
    const hook = (word: string) => ({ hooks: { pre_stop: { command: [word] } } });
    expect(diff(hook('x'), hook('y'))).toMatchObject([{ pointer: '/hooks/pre_stop/command' }]);
  });

  it('with no spec is what is not the default', () => {
    const spec = specOf({ env_vars: { A: '1' } });
    expect(diffSpecs(null, spec)).toEqual([
      { pointer: '/app_name', to: 'shop', effect: "can't change" },
      { pointer: '/docker_image', to: 'shop:1', effect: 'replaces' },
      { pointer: '/env_vars/A', to: '1', effect: 'replaces' },
    ]);
    expect(diffSpecs(spec, null)).toMatchObject([
      { pointer: '/app_name', from: 'shop' },
      { pointer: '/docker_image', from: 'shop:1' },
      { pointer: '/env_vars/A', from: '1' },
    ]);
    expect(diffSpecs(null, null)).toEqual([]);
  });

  it('tells of a secret that it is another, and not what it is', () => {
    const env = (TOKEN: string, secret: string[]) => ({
      env_vars: { TOKEN, PLAIN: TOKEN },
      secret_env_vars: secret,
    });
    const expected = { pointer: '/env_vars/TOKEN', from: '***', to: '***' };
    const plain = { pointer: '/env_vars/PLAIN', from: 'one', to: 'two' };
    for (const [before, after] of [
      [['TOKEN'], ['TOKEN']],
      [['TOKEN'], []],
      [[], ['TOKEN']],
    ] as const) {
      const changes = diff(env('one', [...before]), env('two', [...after]));
      expect(changes.filter(({ pointer }) => pointer.startsWith('/env_vars'))).toMatchObject([
        expected,
        plain,
      ]);
    }
    expect(diff(env('one', ['TOKEN']), env('one', ['TOKEN']))).toEqual([]);
    const gone = diffSpecs(specOf(env('one', ['TOKEN'])), null);
    expect(gone).toContainEqual({ pointer: '/env_vars/TOKEN', from: '***', effect: 'replaces' });
    const elsewhere = diffSpecs(specOf(env('one', [])), specOf(env('two', [])), ['PLAIN']);
    expect(elsewhere[1]).toMatchObject({ pointer: '/env_vars/PLAIN', from: '***', to: '***' });
  });

  it('takes a name that every object inherits for a name', () => {
    expect(diff({}, { labels: { constructor: 'x' } })).toEqual([
      { pointer: '/labels/constructor', to: 'x', effect: 'replaces' },
    ]);
  });
});

describe('the difference between two lists', () => {
  const lists = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

  it('makes the later one of the earlier one', () => {
    fc.assert(
      fc.property(lists, lists, (before, after) => {
        const changes = diffLists(before, after);
        const gone = new Set(changes.filter(({ to }) => to === undefined).map(({ index }) => index));
        const put = new Map(changes.filter(({ to }) => to !== undefined).map((each) => [each.index, each]));
        const left = before.filter((_, index) => !gone.has(index));
        const made: unknown[] = [];
        for (let index = 0; index < after.length; index += 1) {
          const change = put.get(index);
          if (!change) made.push(left.shift());
          else {
            if (change.from !== undefined) expect(left.shift()).toBe(change.from);
            made.push(change.to);
          }
        }
        expect(left).toEqual([]);
        expect(made).toEqual(after);
      }),
    );
  });

  it('of the same lists is none, and of thousands of items is found', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `item ${index}`);
    expect(diffLists(many, many)).toEqual([]);
    expect(diffLists(many, ['first', ...many])).toEqual([{ index: 0, to: 'first' }]);
    expect(diffLists(many, [...many].reverse())).toHaveLength(20_000);
  });
});
