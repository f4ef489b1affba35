import { expect, it } from '@jest/globals';
import { SECRET_KEYS } from '@nebula/configuration';
import { API_KEYS } from './configuration.js';
import { SETUP_KEYS } from './setup-configuration.js';

it('every secret of the api and of its setup is known as one, so that no program of somebody else gets it', () => {
  const secret = Object.entries({ ...API_KEYS, ...SETUP_KEYS }).flatMap(([key, { secret: isSecret }]) =>
    isSecret ? [key] : [],
  );
  expect(secret).toContain('mongo_url');
  expect(SECRET_KEYS).toEqual(expect.arrayContaining(secret));
});
