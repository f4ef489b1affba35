import { expect, it } from '@jest/globals';
import { type Mount, placesOnServer } from './own-mounts.js';

const mount = (Source: string | undefined, Destination: string): Mount =>
  Source === undefined ? { Destination } : { Source, Destination };

it.each<[what: string, mounts: Mount[], places: string[]]>([
  ['in no mount', [mount('/srv', '/srv'), mount('/run/docker.sock.d', '/run/docker.sock.d')], []],
  ['mounted by itself', [mount('/opt/engine/d.sock', '/var/run/docker.sock')], ['/opt/engine/d.sock']],
  [
    'at the place that a link leads to',
    [mount('/opt/engine/d.sock', '/run/docker.sock')],
    ['/opt/engine/d.sock'],
  ],
  ['in a folder', [mount('/opt/engine/', '/var/run')], ['/opt/engine/docker.sock']],
  ['below everything', [mount('/opt', '/')], ['/opt/run/docker.sock']],
  [
    'in one of two',
    [mount('/a', '/run'), mount('/b/d.sock', '/run/docker.sock')],
    ['/a/docker.sock', '/b/d.sock'],
  ],
  ['in memory', [mount('', '/run'), mount(undefined, '/run')], []],
])('a socket that is %s', (_what, mounts, places) => {
  expect(placesOnServer('/var/run/docker.sock', mounts)).toEqual(places);
});
