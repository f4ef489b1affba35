import { expect, it } from '@jest/globals';
import { withoutOwnSecrets } from './index.js';

it('a program of somebody else gets everything but our own secrets', () => {
  const others = {
    ...{ PATH: '/bin', HOME: '/root', DOCKER_CONFIG: '/etc/docker', XDG_RUNTIME_DIR: '/run/user/0' },
    ...{ AWS_SECRET_ACCESS_KEY: 'its own', RABBIT_HOST: 'rabbit' },
  };
  const ours = {
    SECRET_KEYS: 'k1:hunter2',
    ...{ RABBIT_PASSWORD: 'hunter2', REGISTRY_AUTH_PASSWORD: 'hunter2', MONGO_URL: 'mongodb://u:hunter2@db' },
    ...{
      RABBIT_ADMIN_PASSWORD: 'hunter2',
      RABBIT_WORKER_PASSWORD: 'hunter2',
      BASIC_AUTH_PASSWORD: 'hunter2',
    },
  };
  expect(withoutOwnSecrets({ ...others, ...ours })).toEqual(others);
});
