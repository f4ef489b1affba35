import {
  type KeyTable,
  RABBIT_KEYS,
  type RabbitConfiguration,
  rabbitHostProblems,
  type Sources,
} from '@nebula/configuration';
import { configured } from '@nebula/lifecycle';
import { managementUrlProblems } from '@nebula/messaging';

/** What the set-up of a broker needs beside the api's own access to it. */
export interface SetupConfiguration extends RabbitConfiguration {
  rabbit_management_url: string;
  rabbit_admin_user: string;
  rabbit_admin_password: string;
  rabbit_worker_user: string;
  rabbit_worker_password: string;
  report_interval_seconds: number;
}

export const SETUP_KEYS: KeyTable<SetupConfiguration> = {
  ...RABBIT_KEYS,
  rabbit_management_url: {
    kind: 'string',
    default: 'http://127.0.0.1:15672',
    description: "address of the broker's management plugin",
  },
  rabbit_admin_user: { kind: 'string', required: true, description: 'administrator of the broker' },
  rabbit_admin_password: {
    kind: 'string',
    required: true,
    secret: true,
    description: 'password of the administrator',
  },
  rabbit_worker_user: {
    kind: 'string',
    default: 'nebula-worker',
    description: 'user that workers log in with; nebula-worker.<worker_id> can report as that worker alone',
  },
  rabbit_worker_password: {
    kind: 'string',
    required: true,
    secret: true,
    description: 'password of rabbit_worker_user',
  },
  report_interval_seconds: {
    kind: 'integer',
    default: 60,
    min: 1,
    max: 3600,
    description: 'how often workers show that they live, seconds; reports live for two of them',
  },
};

/**
 * Reads environment and conf.json.
 * @throws {StartError} with a line for each value that is wrong
 */
export function loadSetupConfiguration(sources?: Sources): SetupConfiguration {
  return configured(SETUP_KEYS, sources, ({ rabbit_host, rabbit_management_url }) => [
    ...rabbitHostProblems(rabbit_host),
    ...managementUrlProblems('rabbit_management_url', rabbit_management_url),
  ]);
}
