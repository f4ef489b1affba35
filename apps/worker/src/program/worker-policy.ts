import { shownValue } from '@nebula/configuration';
import type { PolicyLists, WorkerPolicy } from '../reconcile/worker-policy.js';

const LISTS = ['images', 'binds', 'devices', 'capabilities'] as const;
const SWITCHES = ['docker_socket', 'privileged', 'pid_mode_host', 'ipc_mode_host', 'network_host'] as const;

const PATH = /^\/(?!(.*\/)?\.\.(\/|$))/;

/** What an entry of a list must be like, and how that is said. */
const ENTRIES: Record<(typeof LISTS)[number], { form: RegExp; is: string }> = {
  images: { form: /^\S+$/, is: 'a pattern of image references like "registry.example/*"' },
  binds: { form: PATH, is: 'an absolute path without ".."' },
  devices: { form: PATH, is: 'an absolute path without ".."' },
  capabilities: { form: /^[A-Za-z_]+$/, is: 'the name of a capability like NET_ADMIN, or ALL' },
};

/** What is wrong with a policy as the configuration has it, a line for each. */
export function policyConfigurationProblems(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).flatMap(([rule, value]) => {
    const place = `worker_policy.${rule}`;
    if (isOneOf(LISTS, rule)) return listsProblems(place, value, ENTRIES[rule]);
    if (!isOneOf(SWITCHES, rule)) {
      return [
        `worker_policy has no rule ${shownValue(rule)}; there are ${[...LISTS, ...SWITCHES].join(', ')}`,
      ];
    }
    return typeof value === 'boolean' ? [] : [`${place} is ${shownValue(value)} but must be true or false`];
  });
}

/**
 * The policy of a worker.
 *
 * @param given in which `policyConfigurationProblems` finds nothing wrong.
 * @param dockerHost address of its engine, whose socket can be forbidden.
 */
export function workerPolicy(given: Readonly<Record<string, unknown>>, dockerHost: string): WorkerPolicy {
  const socket = /^unix:\/\/(.+)/.exec(dockerHost)?.[1];
  return { ...given, ...(socket === undefined ? {} : { sockets: [socket] }) };
}

function listsProblems(place: string, value: unknown, { form, is }: { form: RegExp; is: string }): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${place} is ${shownValue(value)} but must be an object with allow and deny, like {"allow": []}`];
  }
  return Object.entries(value).flatMap(([name, list]: [string, unknown]) => {
    if (!isOneOf(['allow', 'deny'] satisfies (keyof PolicyLists)[], name)) {
      return [`${place} has no ${shownValue(name)}; there are allow and deny`];
    }
    if (!Array.isArray(list)) return [`${place}.${name} is ${shownValue(list)} but must be a list of texts`];
    return list
      .filter((entry: unknown) => typeof entry !== 'string' || !form.test(entry))
      .map((entry) => `${place}.${name}: ${shownValue(entry)} must be ${is}`);
  });
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}
