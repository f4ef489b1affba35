import type { App, AppPatch } from '@nebula/sdk';
import type { Command } from 'commander';
import { UsageError } from '../usage-error.js';

/** Fields of an app as options. What has none is set by `--patch`, in the editor, or from a file. */
export interface SpecOptions {
  image?: string;
  env?: string[];
  secretEnv?: string[];
  unsetEnv?: string[];
  port?: string[];
  /** False with `--no-ports`. */
  ports?: boolean;
  containersPer?: string;
  label?: string[];
  unsetLabel?: string[];
  volume?: string[];
  network?: string[];
  memory?: string;
  cpus?: string;
  strategy?: string;
  patch?: string;
}

export function specOptions(command: Command): Command {
  return command
    .option('--image <reference>', 'the image, as shop:42')
    .option(
      '--env <name=text>',
      'an environment variable; a name alone takes the value of your own; can be repeated',
      collect,
    )
    .option(
      '--secret-env <name>',
      'as --env, and the value is never shown; a name alone keeps it out of the history of the shell',
      collect,
    )
    .option('--unset-env <name>', 'take an environment variable away; can be repeated', collect)
    .option(
      '--port <port>',
      'publish a port, 81:80 or 80 or 53/udp, in place of those that are; can be repeated',
      collect,
    )
    .option('--no-ports', 'publish no ports')
    .option('--containers-per <unit=number>', 'replicas on each worker: server=2, cpu=1 or memory=512')
    .option('--label <name=text>', 'a label of the containers; can be repeated', collect)
    .option('--unset-label <name>', 'take a label away; can be repeated', collect)
    .option(
      '--volume <volume>',
      'a volume, /host:/container, in place of those that are; can be repeated',
      collect,
    )
    .option('--network <name>', 'a network to join, in place of those that are; can be repeated', collect)
    .option('--memory <size>', 'most memory of a container, as 256m')
    .option('--cpus <number>', 'most processors of a container, as 0.5')
    .option('--strategy <name>', 'how containers are replaced: all_at_once or rolling')
    .option('--patch <json>', 'a JSON merge patch for all other fields');
}

/**
 * What the options ask for, as a merge patch of an app.
 * @param current null when there is none yet
 * @param own environment of the caller
 * @throws {UsageError} that names the option
 */
export function patchOf(
  options: SpecOptions,
  current: Pick<App, 'containers_per' | 'secret_env_vars'> | null,
  own: Readonly<Record<string, string | undefined>>,
): AppPatch {
  const secrets = (options.secretEnv ?? []).map((text) => pairOf('--secret-env', text, own));
  const gone = options.unsetEnv ?? [];
  const patch: AppPatch = {
    ...(options.image === undefined ? {} : { docker_image: options.image }),
    ...asObject('env_vars', [
      ...(options.env ?? []).map((text) => pairOf('--env', text, own)),
      ...secrets,
      ...gone.map((name) => [name, null] as const),
    ]),
    ...secretNames(
      secrets.map(([name]) => name),
      gone,
      current,
    ),
    ...(options.ports === false ? { starting_ports: [] } : {}),
    ...(options.port === undefined ? {} : { starting_ports: options.port.map(portOf) }),
    ...(options.containersPer === undefined ? {} : { containers_per: perOf(options.containersPer, current) }),
    ...asObject('labels', [
      ...(options.label ?? []).map((text) => pairOf('--label', text, null)),
      ...(options.unsetLabel ?? []).map((name) => [name, null] as const),
    ]),
    ...(options.volume === undefined ? {} : { volumes: options.volume }),
    ...(options.network === undefined ? {} : { networks: options.network }),
    ...asObject('resources', [
      ...(options.memory === undefined ? [] : [['memory', options.memory] as const]),
      ...(options.cpus === undefined ? [] : [['cpus', numberOf('--cpus', options.cpus)] as const]),
    ]),
    // The api says which there are.
    ...(options.strategy === undefined ? {} : { update: { strategy: options.strategy as 'rolling' } }),
  };
  return options.patch === undefined ? patch : merged(patch, parsedPatch(options.patch));
}

function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

type Pair = readonly [name: string, value: string | number | null];

function asObject<Field extends string>(field: Field, pairs: readonly Pair[]) {
  return (pairs.length === 0 ? {} : { [field]: Object.fromEntries(pairs) }) as {
    [name in Field]?: Record<string, never>;
  };
}

function pairOf(
  option: string,
  text: string,
  own: Readonly<Record<string, string | undefined>> | null,
): Pair {
  const [, name = '', value] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === '')
    throw new UsageError(
      `${option} must be name=text${option === '--secret-env' ? '' : `, not ${JSON.stringify(text)}`}`,
    );
  if (value !== undefined) return [name, value];
  if (own === null) throw new UsageError(`${option} must be name=text, not ${JSON.stringify(text)}`);
  const inherited = own[name];
  if (inherited === undefined)
    throw new UsageError(
      `${option} ${name} has no value, and there is no ${name} in your environment to take it from`,
    );
  return [name, inherited];
}

/** The list is replaced as a whole by a patch. */
function secretNames(
  added: readonly string[],
  gone: readonly string[],
  current: Pick<App, 'secret_env_vars'> | null,
): Pick<AppPatch, 'secret_env_vars'> {
  const before = current?.secret_env_vars ?? [];
  const after = [...new Set([...before, ...added])].filter((name) => !gone.includes(name));
  const isSame = after.length === before.length && after.every((name) => before.includes(name));
  return isSame ? {} : { secret_env_vars: after };
}

function portOf(text: string): string | number | Record<string, string> {
  const [, host, inside] = /^(.+):([^:]+)$/.exec(text) ?? [];
  if (host !== undefined && inside !== undefined) return { [host]: inside };
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** It has exactly one key, so those that it has are taken away. */
function perOf(
  text: string,
  current: Pick<App, 'containers_per'> | null,
): NonNullable<AppPatch['containers_per']> {
  const [, unit = '', count = ''] = /^(\w+)=([\d.]+)$/.exec(text) ?? [];
  if (unit === '')
    throw new UsageError(
      `--containers-per must be like server=2, cpu=1 or memory=512, not ${JSON.stringify(text)}`,
    );
  const others = Object.keys(current?.containers_per ?? {}).filter((each) => each !== unit);
  return { ...Object.fromEntries(others.map((each) => [each, null])), [unit]: Number(count) };
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number))
    throw new UsageError(`${option} must be a number, not ${JSON.stringify(text)}`);
  return number;
}

function parsedPatch(text: string): AppPatch {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // What the parser says quotes the text, which may hold secrets.
  }
  throw new UsageError(`--patch must be an object of JSON, like '{"stop_grace_period_seconds":30}'`);
}

/** Objects within both are put together; where both say something else, the second holds. */
function merged(first: AppPatch, second: AppPatch): AppPatch {
  const result: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const before = result[name];
    result[name] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
