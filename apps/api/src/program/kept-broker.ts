import { type KeyTable, type RabbitConfiguration, shownValue } from '@nebula/configuration';
import { type BrokerSetup, managementUrlProblems } from '@nebula/messaging';

/** What the set-up of a broker needs beside the api's own access to it. */
export interface KeptBrokerConfiguration {
  rabbit_management_url: string;
  rabbit_admin_user: string;
  rabbit_admin_password: string;
  rabbit_worker_user: string;
  rabbit_worker_password: string;
  report_interval_seconds: number;
}

const ONLY_TO_KEEP = 'for an api that makes by itself what is missing on the broker: ';

/** For an api that may set a broker up by itself, which it does when it knows an administrator. */
export const KEPT_BROKER_KEYS: KeyTable<KeptBrokerConfiguration> = {
  rabbit_management_url: {
    kind: 'string',
    default: 'http://127.0.0.1:15672',
    description: "address of the broker's management plugin",
  },
  rabbit_admin_user: {
    ...{ kind: 'string', default: '' },
    description: `${ONLY_TO_KEEP}its administrator. Without it somebody has to run setup-broker`,
  },
  rabbit_admin_password: {
    ...{ kind: 'string', default: '', secret: true },
    description: `${ONLY_TO_KEEP}password of the administrator`,
  },
  rabbit_worker_user: {
    kind: 'string',
    default: 'nebula-worker',
    description: 'user that workers log in with; nebula-worker.<worker_id> can report as that worker alone',
  },
  rabbit_worker_password: {
    ...{ kind: 'string', default: '', secret: true },
    description: `${ONLY_TO_KEEP}password of rabbit_worker_user. Without it users of workers are left to others`,
  },
  report_interval_seconds: {
    kind: 'integer',
    default: 60,
    min: 1,
    max: 3600,
    description: 'how often workers show that they live, seconds; reports live for two of them',
  },
};

/** What is wrong with it, a line each; nothing of it is looked at where the broker isn't kept. */
export function keptBrokerProblems(configuration: KeptBrokerConfiguration & Users): string[] {
  return keepsBroker(configuration)
    ? [
        ...managementUrlProblems('rabbit_management_url', configuration.rabbit_management_url),
        ...sameUsers(configuration),
      ]
    : [];
}

type Users = Pick<RabbitConfiguration, 'rabbit_user'>;

/**
 * Users that are one. Each is given its own rights in turn, so the last would take those of the others away: workers
 * could write streams, or the administrator would be none any more.
 */
function sameUsers(configuration: KeptBrokerConfiguration & Users): string[] {
  const users = (['rabbit_user', 'rabbit_worker_user', 'rabbit_admin_user'] as const).filter(
    (key) => key !== 'rabbit_worker_user' || configuration.rabbit_worker_password !== '',
  );
  return users.flatMap((key, index) =>
    users
      .slice(index + 1)
      .filter((other) => configuration[other] === configuration[key] && configuration[key] !== '')
      .map((other) => {
        const both = `${key} and ${other} are both ${shownValue(configuration[key])}`;
        return `${both} but must be different: each has rights of its own`;
      }),
  );
}

/** Whether an administrator is known; one file may hold one part of it for `setup-broker`, and the other be given there. */
export function keepsBroker({ rabbit_admin_user, rabbit_admin_password }: KeptBrokerConfiguration): boolean {
  return rabbit_admin_user !== '' && rabbit_admin_password !== '';
}

/** What a broker has to have, by whoever sets it up. */
export function brokerSetupOf(
  configuration: KeptBrokerConfiguration &
    Pick<RabbitConfiguration, 'rabbit_user' | 'rabbit_password' | 'rabbit_vhost'>,
): BrokerSetup {
  const { rabbit_management_url: url, rabbit_vhost: vhost, report_interval_seconds } = configuration;
  const { rabbit_worker_user, rabbit_worker_password } = configuration;
  return {
    management: {
      url,
      user: configuration.rabbit_admin_user,
      password: configuration.rabbit_admin_password,
    },
    vhost,
    api: { user: configuration.rabbit_user, password: configuration.rabbit_password },
    workers:
      rabbit_worker_password === '' ? [] : [{ user: rabbit_worker_user, password: rabbit_worker_password }],
    report_interval_seconds,
  };
}
