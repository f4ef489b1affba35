import type { KeyTable } from '@nebula/configuration';
import type { ImageOptions } from '../worker-options.js';

/** How images are pulled and kept, with the keys that every program with a worker has. */
export interface ImageConfiguration {
  docker_config: string;
  registry_host: string;
  registry_auth_user: string;
  registry_auth_password: string;
  pull_parallelism: number;
  image_gc_high_percent: number;
  image_gc_low_percent: number;
}

export const IMAGE_KEYS: KeyTable<ImageConfiguration> = {
  docker_config: {
    kind: 'string',
    default: '',
    description:
      "folder of Docker's config.json with the credentials of registries, read at each pull; .docker in the home " +
      'folder when it is not set',
  },
  registry_host: {
    kind: 'string',
    default: '',
    description:
      'registry of registry_auth_user, as images name it, with its port; Docker Hub when it is not set',
  },
  registry_auth_user: {
    kind: 'string',
    default: '',
    description: "user on that registry; goes before what Docker's config.json has for it",
  },
  registry_auth_password: {
    kind: 'string',
    default: '',
    secret: true,
    description: 'password or access token of that user',
  },
  pull_parallelism: {
    kind: 'integer',
    default: 3,
    min: 1,
    max: 64,
    description: 'images that are pulled at the same time',
  },
  image_gc_high_percent: {
    kind: 'integer',
    default: 85,
    min: 0,
    max: 100,
    description:
      "how full the disk of the engine's images may be, percent, before images that were pulled and are not needed " +
      'are removed; 0 for never',
  },
  image_gc_low_percent: {
    kind: 'integer',
    default: 80,
    min: 0,
    max: 99,
    description: 'images are then removed until the disk is less full than this, percent',
  },
};

/** What is wrong with the keys about images, a line for each. No line shows a password. */
export function imageProblems(configuration: ImageConfiguration): string[] {
  const { registry_host, registry_auth_user: user, registry_auth_password: password } = configuration;
  const problems: string[] = [];
  if (!/^[^\s@]*$/.test(registry_host)) {
    problems.push(
      "registry_host is not a registry's name but must be one, with its port, like registry.example:5000",
    );
  }
  if (user !== '' && password === '') {
    problems.push('registry_auth_password is missing: set it to the password of registry_auth_user');
  }
  if (user === '' && password !== '') {
    problems.push(
      'registry_auth_user is missing: set it to the user whose password registry_auth_password is',
    );
  }
  const { image_gc_high_percent: high, image_gc_low_percent: low } = configuration;
  if (high !== 0 && low >= high) {
    problems.push(`image_gc_low_percent is ${low} but must be below image_gc_high_percent, which is ${high}`);
  }
  return problems;
}

/** The same as a worker takes it. */
export function imageOptions(configuration: ImageConfiguration): ImageOptions {
  const { docker_config, registry_host, registry_auth_user, registry_auth_password } = configuration;
  const { pull_parallelism, image_gc_high_percent, image_gc_low_percent } = configuration;
  const gc = { high_percent: image_gc_high_percent, low_percent: image_gc_low_percent };
  return {
    credentials: { docker_config, registry_host, registry_auth_user, registry_auth_password },
    pull_parallelism,
    ...(gc.high_percent === 0 ? {} : { gc }),
  };
}
