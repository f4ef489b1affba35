import {
  deviceRequests,
  type Gpus,
  type HealthCheckSetting,
  type Hook,
  HOOK_TIMEOUT,
  type Hooks,
  type PortMapping,
  type Size,
  sizeBytes,
  type Ulimits,
} from '@nebula/contracts';

/**
 * What the values of a spec mean, in one form each, so that another way to write the same is no change. The forms are
 * part of fingerprints: none may change any more.
 */

/** Undefined for an object or list without members. */
export function unlessEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

/** `[address:]host:container[/protocol]`; TCP on all addresses is left out. */
export function portText({ host_port, container_port, protocol, host_address }: PortMapping): string {
  const address = host_address === undefined ? '' : `${host_address}:`;
  return `${address}${host_port}:${container_port}${protocol && protocol !== 'tcp' ? `/${protocol}` : ''}`;
}

/** Capabilities without `CAP_`, in capitals, sorted, each once. Docker takes both forms. */
export function capabilities(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toUpperCase().replace(/^CAP_/, '')))].sort();
}

/** Bytes. */
export function sizeMeant(size: Size | null): number | undefined {
  return size === null ? undefined : sizeBytes(size);
}

/** Soft and hard limits, both spelled out. */
export function ulimitsMeant(ulimits: Ulimits): Record<string, { soft: number; hard: number }> {
  return Object.fromEntries(
    Object.entries(ulimits).map(([name, limit]) => [
      name,
      typeof limit === 'number' ? { soft: limit, hard: limit } : { soft: limit.soft, hard: limit.hard },
    ]),
  );
}

/** By name; of one name the order counts, since the first address is the one that is found. */
export function hostsMeant(entries: readonly string[]): string[] {
  const nameOf = (entry: string): string => entry.split(':')[0] ?? entry;
  return entries.toSorted((a, b) => Number(nameOf(a) > nameOf(b)) - Number(nameOf(a) < nameOf(b)));
}

/** A signal without `SIG`, in capitals; a number stays one. */
export function signalMeant(signal: string | null): string | undefined {
  return signal?.toUpperCase().replace(/^SIG/, '');
}

/** Requests with Docker's defaults left out. */
export function deviceRequestsMeant(gpus: Gpus): object[] {
  return deviceRequests(gpus).map(({ driver, count, device_ids, capabilities: wanted, options }) => ({
    driver: driver || undefined,
    count,
    device_ids: device_ids?.toSorted(),
    capabilities: wanted && wanted.join() !== 'gpu' ? wanted.toSorted() : undefined,
    options: unlessEmpty(options ?? {}),
  }));
}

/** What a health check has where it says nothing. Docker's own defaults. */
export const CHECK_DEFAULTS = {
  interval_seconds: 30,
  timeout_seconds: 30,
  retries: 3,
  start_period_seconds: 0,
} as const;

/** The check without members at their default; `none` for no check, undefined for the image's. */
export function checkMeant(check: HealthCheckSetting): unknown {
  if (check === null) return undefined;
  if (check === 'none') return 'none';
  const entries = Object.entries(CHECK_DEFAULTS) as [keyof typeof CHECK_DEFAULTS, number][];
  const said = entries.filter(([name, byDefault]) => (check[name] ?? byDefault) !== byDefault);
  return { command: check.command, ...Object.fromEntries(said.map(([name]) => [name, check[name]])) };
}

/** Hooks without time limits at their default. */
export function hooksMeant({ post_start, pre_stop }: Hooks): Record<string, Hook> {
  const hooks = { post_start, pre_stop };
  return Object.fromEntries(
    Object.entries(hooks).flatMap(([name, hook]) => (hook ? [[name, hookMeant(hook)] as const] : [])),
  );
}

function hookMeant({ command, timeout_seconds = HOOK_TIMEOUT }: Hook): Hook {
  return timeout_seconds === HOOK_TIMEOUT ? { command } : { command, timeout_seconds };
}
