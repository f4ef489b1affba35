import type { KeyTable } from '@nebula/configuration';
import type { UpdateOptions } from '../worker-options.js';

/** How updates of all apps are done here, with the keys that every program with a worker has. */
export interface UpdateConfiguration {
  max_restart_wait_in_seconds: number;
  unhealthy_grace_seconds: number;
}

export const UPDATE_KEYS: KeyTable<UpdateConfiguration> = {
  max_restart_wait_in_seconds: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 86_400,
    description:
      'longest random wait before an image is pulled or a container that runs is replaced, seconds; an app may ' +
      'ask for more with update.jitter_seconds',
  },
  unhealthy_grace_seconds: {
    kind: 'integer',
    default: 30,
    min: 0,
    max: 86_400,
    description: 'how long a container may be unhealthy by its health check before it is restarted, seconds',
  },
};

/** The same as a worker takes it. */
export function updateOptions(configuration: UpdateConfiguration): UpdateOptions {
  const { max_restart_wait_in_seconds, unhealthy_grace_seconds } = configuration;
  return { max_restart_wait_seconds: max_restart_wait_in_seconds, unhealthy_grace_seconds };
}
