import { expect, it } from '@jest/globals';
import { AccessGate, type AskedRequest } from './access-gate.js';
import type { Authenticator } from './authenticator.js';
import { ANYONE } from './caller.js';

const ASKED: AskedRequest = {
  ...{ authorization: undefined, group: '127.0.0.1', requirement: null },
  ...{ parameters: {}, method: 'GET', route: '/new' },
};

const TELLS = 'the handler of GET /new says neither @Requires nor @Open';

it('a handler that says of itself neither what right it needs nor that it is open is refused to everybody', async () => {
  const gate = new AccessGate({ callerOf: async () => ANYONE } as unknown as Authenticator);
  await expect(gate.admit(ASKED)).rejects.toThrow(TELLS);
  expect(await gate.admit({ ...ASKED, requirement: { open: true } })).toBeNull();
  expect(await gate.admit({ ...ASKED, requirement: { open: false, level: 'read', apps: 'all' } })).toBe(
    ANYONE,
  );
  const known = new AccessGate({ callerOf: () => ANYONE } as unknown as Authenticator);
  expect(() => known.admit(ASKED)).toThrow(TELLS);
});
