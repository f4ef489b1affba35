import { shownValue } from '@nebula/configuration';
import { pluginPlace } from './broker-place.js';
import type { KeptBrokerConfiguration } from './kept-broker.js';

/** The users of a region, as far as the set-up of its broker knows them. */
export interface RegionUsers extends Omit<KeptBrokerConfiguration, 'report_interval_seconds'> {
  region: string;
  rabbit_user: string;
  rabbit_password: string;
}

const ROLES = [
  ['rabbit_user', 'rabbit_password'],
  ['rabbit_admin_user', 'rabbit_admin_password'],
  ['rabbit_worker_user', 'rabbit_worker_password'],
] as const;

type Role = (typeof ROLES)[number][0];

interface Login {
  region: string;
  /** The same for regions on one broker. Its users are known in all of its virtual hosts. */
  broker: string;
  role: Role;
  user: string;
  password: string;
}

/**
 * Logins of different regions that harm each other, a line each. That users of two brokers have one name is usual, and no
 * harm as long as the passwords differ, or the roles don't. Of one broker it is one user, with one password.
 */
export function sharedLogins(regions: readonly RegionUsers[]): string[] {
  const logins = regions.flatMap(loginsOf);
  return logins.flatMap((one, index) =>
    logins.slice(index + 1).flatMap((other) => {
      if (one.region === other.region || one.user !== other.user) return [];
      const name = shownValue(one.user);
      const isSame = one.password === other.password;
      const isOneBroker = one.broker === other.broker;
      const roles = `${one.role} of ${one.region} and ${other.role} of ${other.region} are both ${name}`;
      if (isWorkers(one) !== isWorkers(other) && (isOneBroker || isSame))
        return [`rabbit_regions: ${roles} but must be different: a worker could do what only an api may`];
      if (isOneBroker && !isSame)
        return [`rabbit_regions: ${roles}, on one broker, so they must have the same password`];
      return [];
    }),
  );
}

const isWorkers = ({ role }: Login): boolean => role === 'rabbit_worker_user';

function loginsOf(region: RegionUsers): Login[] {
  return ROLES.map(([role, password]) => ({
    ...{ region: region.region, broker: pluginPlace(region.rabbit_management_url) },
    ...{ role, user: region[role], password: region[password] },
  })).filter(({ user, password }) => user !== '' && password !== '');
}
