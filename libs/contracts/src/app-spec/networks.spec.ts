import { describe, expect, it } from '@jest/globals';
import { aliasesIn, joinedNetworks } from '../index.js';
import { problemsOf, wrongPlaces } from './testing/problems.js';

describe('networks', () => {
  it.each([
    [[]],
    [['a']],
    [['a', 'B_c.d-e', 'nebula']],
    [['bridge']],
    [['host']],
    [['none']],
    [['container:db-1']],
    [['n'.repeat(128)]],
    [[{ name: 'a' }, 'b', { name: 'c', aliases: [] }, { name: 'nebula', aliases: ['db', 'db.local'] }]],
    [[{ name: 'bridge' }]],
  ])('takes %j', (value) => {
    expect(problemsOf({ networks: value })).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [['host', 'a'], ['/networks/0']],
    [['a', 'none'], ['/networks/1']],
    [['a', 'container:x'], ['/networks/1']],
    [
      ['host', 'none'],
      ['/networks/0', '/networks/1'],
    ],
    [['a', 'b', 'a'], ['/networks/2']],
    [
      ['host', 'host'],
      ['/networks/0', '/networks/1', '/networks/1'],
    ],
    [['container:'], ['/networks/0']],
    [['container:a/b'], ['/networks/0']],
    [['default'], ['/networks/0']],
    [[''], ['/networks/0']],
    [['-a'], ['/networks/0']],
    [['a b'], ['/networks/0']],
    [['a/b'], ['/networks/0']],
    [['n'.repeat(129)], ['/networks/0']],
    [
      [null, 5, ['a']],
      ['/networks/0', '/networks/1', '/networks/2'],
    ],
    [[[]], ['/networks/0']],
    [[{ nme: 'a' }], ['/networks/0/name', '/networks/0/nme']],
    [[{ name: 'default' }], ['/networks/0/name']],
    [[{ name: 'container:db' }], ['/networks/0/name']],
    [[{ name: 'a b' }], ['/networks/0/name']],
    [[{ name: 5 }], ['/networks/0/name']],
    [[{ name: 'a', aliases: 'x' }], ['/networks/0/aliases']],
    [[{ name: 'a', aliases: ['-x', 'y', 'y'] }], ['/networks/0/aliases/0', '/networks/0/aliases/2']],
    [['host', { name: 'a' }], ['/networks/0']],
    ['host', ['/networks']],
    [{ a: {} }, ['/networks']],
    [null, ['/networks']],
  ])('refuses %j', (value, places) => {
    expect(wrongPlaces({ networks: value })).toEqual(places);
  });

  it('says what is allowed', () => {
    expect(problemsOf({ networks: ['a', 'a', 'host'] })).toEqual([
      '/networks/1 must be listed once; item 0 is "a" too',
      '/networks/2 must stand alone: "host" excludes every other network',
    ]);
  });
});

describe('aliasesIn', () => {
  it('gives the names that an app has in a network', () => {
    const networks = ['a', { name: 'b', aliases: ['x', 'y'] }, { name: 'c' }];
    expect(['a', 'b', 'c', 'd'].map((network) => aliasesIn(network, { networks }))).toEqual([
      [],
      ['x', 'y'],
      [],
      [],
    ]);
    expect(joinedNetworks({ networks })).toEqual(['nebula', 'a', 'b', 'c']);
  });
});

describe('joinedNetworks', () => {
  it.each([
    [[], ['nebula']],
    [
      ['a', 'b'],
      ['nebula', 'a', 'b'],
    ],
    [
      ['a', 'nebula'],
      ['nebula', 'a'],
    ],
    [['host'], ['host']],
    [['none'], ['none']],
    [['container:db'], ['container:db']],
  ])('of %j are %j', (networks, expected) => {
    expect(joinedNetworks({ networks })).toEqual(expected);
  });
});
