import { hash } from '@node-rs/argon2';
import { expect, it } from '@jest/globals';
import { SEARCHED_LINES } from '../../../../libs/messaging/src/testing/searched-log.js';
import type { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { Authenticator } from './authenticator.js';
import { LOOK_UPS_AT_ONCE } from './look-up-places.js';
import { basic, bearer } from './testing/logins.js';
import type { TokenCheck } from './token-check.js';

const NO_TOKENS = { look: async () => ({ kind: 'unknown' }) } as unknown as TokenCheck;
const LOG = SEARCHED_LINES as unknown as ApiLog;

it('a password is not checked when too many wait, and all who have asked with it are told so', async () => {
  const password = await hash('hunter2', { memoryCost: 8_192, timeCost: 2 });
  const login = { administrator: { user: 'root', password } };
  const authenticator = new Authenticator({ login }, NO_TOKENS, new Clock(), LOG);
  // Each from an address of its own, and all of them before the first is checked.
  const waiting = Array.from({ length: 30 }, (_, index) =>
    authenticator.callerOf(basic('root', `guess ${index}`), `10.0.0.${index}`),
  );
  const same = ['10.0.1.1', '10.0.1.2'].map((address) =>
    authenticator.callerOf(basic('root', 'one more'), address),
  );
  const problems = (await Promise.allSettled([...waiting, ...same])).map((outcome) =>
    outcome.status === 'rejected' && outcome.reason instanceof ProblemError
      ? outcome.reason.problem
      : outcome,
  );
  expect(problems.slice(-2)).toEqual([PROBLEMS.tooManyLogins, PROBLEMS.tooManyLogins]);
  expect(new Set(problems)).toEqual(new Set([PROBLEMS.unauthenticated, PROBLEMS.tooManyLogins]));
});

it('of wrong tokens that come all at once those alone are looked up that began before enough were wrong', async () => {
  let [open, most, begun] = [0, 0, 0];
  const look = async () => {
    begun += 1;
    most = Math.max(most, (open += 1));
    await new Promise(setImmediate);
    open -= 1;
    return { kind: 'unknown' };
  };
  const tokens = { look } as unknown as TokenCheck;
  const clock = new Clock();
  clock.elapsed = () => 1_000;
  const authenticator = new Authenticator({ login: { auth_token: 'another' } }, tokens, clock, LOG);
  const all = Array.from({ length: 100 }, async (_, index) => {
    const token = `nebula_${index.toString(16).padStart(16, '0')}_${'x'.repeat(43)}`;
    return await authenticator.callerOf(bearer(token), '10.0.0.1');
  });
  const problems = (await Promise.allSettled(all)).map((outcome) =>
    outcome.status === 'rejected' && outcome.reason instanceof ProblemError
      ? outcome.reason.problem
      : outcome,
  );
  expect(most).toBe(LOOK_UPS_AT_ONCE);
  expect(begun).toBeLessThanOrEqual(LOOK_UPS_AT_ONCE + 6);
  expect(problems.slice(0, begun)).toEqual(Array(begun).fill(PROBLEMS.unauthenticated));
  expect(problems.slice(begun)).toEqual(Array(100 - begun).fill(PROBLEMS.tooManyLogins));
});
