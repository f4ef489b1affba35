import { describe, expect, it } from '@jest/globals';
import { parseDevice } from '../index.js';
import { problemsOf, wrongPlaces } from './testing/problems.js';

describe('devices', () => {
  it.each([
    ['/dev/x', { host: '/dev/x', container: '/dev/x', permissions: 'rwm' }],
    ['/dev/x:/dev/y', { host: '/dev/x', container: '/dev/y', permissions: 'rwm' }],
    ['/dev/x:/dev/y:r', { host: '/dev/x', container: '/dev/y', permissions: 'r' }],
    ['/dev/x:mr', { host: '/dev/x', container: '/dev/x', permissions: 'mr' }],
    ['/dev/bus/usb:/usb:rw', { host: '/dev/bus/usb', container: '/usb', permissions: 'rw' }],
  ])('takes %s', (text, expected) => {
    expect(problemsOf({ devices: [text] })).toEqual([]);
    expect(parseDevice(text)).toEqual(expected);
  });

  it.each([
    ['', 'the path on the server begins with "/"'],
    ['ttyUSB0', 'the path on the server begins with "/"'],
    ['/etc/passwd', 'the path on the server begins with "/dev/"'],
    ['/dev', 'the path on the server begins with "/dev/"'],
    ['/dev/', 'the path on the server begins with "/dev/"'],
    ['/device', 'the path on the server begins with "/dev/"'],
    ['/dev/../etc', 'the path on the server has no ".."'],
    ['/dev/x\0', 'the path on the server has no NUL'],
    ['/dev/x:', 'the second part is a path in the container, or some of'],
    ['/dev/x:rwr', 'the second part is a path in the container, or some of'],
    ['/dev/x:dev/y', 'the second part is a path in the container, or some of'],
    ['/dev/x:y:rwm', 'the path in the container begins with "/"'],
    ['/dev/x:/', 'the path in the container can\'t be "/"'],
    ['/dev/x:/dev/../y', 'the path in the container has no ".."'],
    ['/dev/x:/dev/y:', 'the permissions are some of'],
    ['/dev/x:/dev/y:x', 'the permissions are some of'],
    ['/dev/x:/dev/y:rr', 'the permissions are some of'],
    ['/dev/x:/dev/y:rwm:z', 'it has more than three parts'],
  ])('refuses %j', (text, reason) => {
    const [problem, ...others] = problemsOf({ devices: ['/dev/a', text] });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^\/devices\/1 must have Docker's form "\/dev\/x\[:\/dev\/y\[:rwm\]\]": /);
    expect(problem).toContain(reason);
    expect(() => parseDevice(text)).toThrow(reason);
  });

  it.each<[unknown, string[]]>([
    [['/dev/x', '/dev/y:/dev/x'], ['/devices/1']],
    [['/dev/x', '/dev//x'], ['/devices/1']],
    [
      [null, ['/dev/x']],
      ['/devices/0', '/devices/1'],
    ],
    ['/dev/x', ['/devices']],
    [null, ['/devices']],
  ])('refuses %j', (value, places) => {
    expect(wrongPlaces({ devices: value })).toEqual(places);
  });
});
