import { expect, it } from '@jest/globals';
import { SECRET_KEYS } from '@nebula/configuration';
import { WORKER_KEYS } from './configuration.js';

it('every secret of the worker is known as one, so that no program of somebody else gets it', () => {
  const secret = Object.entries(WORKER_KEYS).flatMap(([key, { secret: isSecret }]) =>
    isSecret ? [key] : [],
  );
  expect(secret).toEqual(['rabbit_password', 'registry_auth_password']);
  expect(SECRET_KEYS).toEqual(expect.arrayContaining(secret));
});
