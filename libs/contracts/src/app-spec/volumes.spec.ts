import { describe, expect, it } from '@jest/globals';
import { parseVolume } from '../index.js';
import { problemsOf, wrongPlaces } from './testing/problems.js';

describe('volumes', () => {
  it.each([
    [[]],
    [['/srv/data:/data', '/srv/data:/other:ro']],
    [['data:/data', 'Data_1.x-y:/d:nocopy']],
    [['/a:/b:rw,z', '/a:/c:ro,Z,rshared']],
    [['/:/host:ro,rslave']],
    [['/a:/b:cached', 'data:/c:ro,delegated', '/d:/d:z,consistent']],
    [['/a..b:/c..d']],
  ])('takes %j', (value) => {
    expect(problemsOf({ volumes: value })).toEqual([]);
  });

  it.each([
    ['', 'the path in the container is missing'],
    ['/data', 'the path in the container is missing'],
    ['/a:', 'the path in the container begins with "/"'],
    ['/a:b', 'the path in the container begins with "/"'],
    [':/b', 'the path on the server begins with "/"'],
    ['./a:/b', 'the path on the server begins with "/"'],
    ['../a:/b', 'the path on the server begins with "/"'],
    ['a/b:/c', 'the name of a volume is'],
    ['x:/c', 'the name of a volume is'],
    ['C:\\data:/c', 'the name of a volume is'],
    ['/a/../b:/c', 'the path on the server has no ".."'],
    ['/a:/c/..', 'the path in the container has no ".."'],
    ['/a:/', 'the path in the container can\'t be "/"'],
    ['/a://./', 'the path in the container can\'t be "/"'],
    ['/a\0:/b', 'the path on the server has no NUL'],
    ['/a:/b\0', 'the path in the container has no NUL'],
    ['/a:/b:ro:x', 'it has more than three parts'],
    ['/a:/b:', 'the options are ro, rw, z, Z, nocopy,'],
    ['/a:/b:readonly', 'the options are'],
    ['/a:/b:RO', 'the options are'],
    ['/a:/b:ro,', 'the options are'],
    ['/a:/b:ro,rw', '"ro" and "rw" exclude each other'],
    ['/a:/b:ro,ro', '"ro" and "ro" exclude each other'],
    ['/a:/b:z,Z', '"z" and "Z" exclude each other'],
    ['/a:/b:shared,slave', '"shared" and "slave" exclude each other'],
    ['/a:/b:cached,delegated', '"cached" and "delegated" exclude each other'],
    ['/a:/b:nocopy', '"nocopy" is for volumes with a name'],
    ['data:/b:rshared', '"rshared" is for paths on the server'],
  ])('refuses %j', (text, reason) => {
    const [problem, ...others] = problemsOf({ volumes: ['/x:/y', text] });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^\/volumes\/1 must have Docker's form "\/host:\/container\[:ro\]"/);
    expect(problem).toContain(reason);
    expect(() => parseVolume(text)).toThrow(reason);
  });

  it.each<[unknown, string[]]>([
    [['/a:/b', '/c:/b'], ['/volumes/1']],
    [['/a:/b', 'data:/b//./'], ['/volumes/1']],
    [
      [null, ['/a:/b'], 5],
      ['/volumes/0', '/volumes/1', '/volumes/2'],
    ],
    ['/a:/b', ['/volumes']],
    [{ '/a': '/b' }, ['/volumes']],
    [null, ['/volumes']],
  ])('refuses %j', (value, places) => {
    expect(wrongPlaces({ volumes: value })).toEqual(places);
  });
});

describe('parseVolume', () => {
  it.each([
    ['/a:/b', { source: '/a', target: '/b', mode: 'rw' }],
    ['/a:/b:ro,Z', { source: '/a', target: '/b', mode: 'ro,Z' }],
    ['data:/b', { source: 'data', target: '/b', mode: 'rw' }],
  ])('reads %s', (text, expected) => {
    expect(parseVolume(text)).toEqual(expected);
  });
});
