import { expect, it } from '@jest/globals';
import { lastingEngineId } from './machine-id.js';

const MACHINE = '0123456789abcdef0123456789abcdef';
const FOLDER = '/var/lib/containers/storage';

it('the id of an engine follows from its server and its folder, and is the same in each version', () => {
  expect(lastingEngineId(MACHINE, FOLDER)).toBe('8dd90164-c1b9-9348-c13f-9bed01351e32');
  const ids = [
    lastingEngineId(MACHINE, FOLDER),
    lastingEngineId(MACHINE.replace('0', '1'), FOLDER),
    lastingEngineId(MACHINE, '/home/me/.local/share/containers/storage'),
  ];
  expect(new Set(ids).size).toBe(3);
});

it.each([null, '', 'uninitialized', MACHINE.slice(1), `${MACHINE}0`, MACHINE.toUpperCase()])(
  'of %j as the machine id none is made: servers that have none would all be one',
  (machine) => {
    expect(lastingEngineId(machine, FOLDER)).toBeNull();
  },
);
