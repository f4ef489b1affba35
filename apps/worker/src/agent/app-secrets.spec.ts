import { expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { desiredApp, specOf } from '../reconcile/testing/builders.js';
import { secretsOf } from './app-secrets.js';

const PLACE = { node: 'edge', replica: 2, app: 'web' };
const of = (spec: Partial<AppSpec>) => secretsOf([specOf(desiredApp(spec))], PLACE);

test('values of the environment are those that the replica gets', () => {
  expect(of({ env_vars: { KEY: 'k-{{.Node}}-{{.Replica}}' } }).environment).toEqual(['k-edge-2']);
});

test.each<[Partial<AppSpec>, string[]]>([
  [{ entrypoint: ['mysql -phunter2'] }, ['mysql -phunter2']],
  [{ entrypoint: ['/bin/sh', '-c'], command: ['serve', '--key', 'hunter2'] }, ['--key', 'hunter2', '-c']],
  [{ command: ['-phunter2'] }, ['-phunter2']],
  [{ hooks: { post_start: { command: ['a', 'b'] }, pre_stop: { command: ['c', 'd'] } } }, ['b', 'd']],
  [{ health_check: { command: 'curl -u me:hunter2 db' } }, ['curl -u me:hunter2 db']],
  [{ health_check: { command: ['curl', 'hunter2'] } }, ['hunter2']],
  [{ health_check: 'none' }, []],
  [{ env_vars: { KEY: 'hunter2', PORT: '8080', FROM: 'shop:1' }, starting_ports: ['8080:80'] }, ['hunter2']],
])('of %j the engine must not tell %j', (spec, secrets) => {
  expect(of({ docker_image: 'shop:1', ...spec }).all).toEqual(secrets);
});
