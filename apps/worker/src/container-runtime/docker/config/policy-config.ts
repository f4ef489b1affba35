import type { HostRestartPolicy } from 'dockerode';

/** Docker's form of a restart policy: `on-failure:3` has its number apart. */
export function dockerPolicy(policy: string): HostRestartPolicy {
  const [name = '', most] = policy.split(':');
  return most === undefined ? { Name: name } : { Name: name, MaximumRetryCount: Number(most) };
}

/** The inverse. */
export function policyOf(policy: Partial<HostRestartPolicy> | undefined): string {
  const name = policy?.Name || 'no';
  return policy?.MaximumRetryCount ? `${name}:${policy.MaximumRetryCount}` : name;
}
