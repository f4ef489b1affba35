import 'reflect-metadata';
import { isDeepStrictEqual } from 'node:util';
import { IsBoolean } from 'class-validator';
import { Follows } from '../parsing/rule.js';
import { appName } from './app-name.js';
import { command } from './command.js';
import { type ContainersPer, containersPer } from './containers-per.js';
import { devices } from './devices.js';
import { envVars } from './env-vars.js';
import { imageReference } from './image-reference.js';
import { networks } from './networks.js';
import { type PortSpec, startingPorts } from './ports.js';
import { volumes } from './volumes.js';

const YES_OR_NO = { message: 'must be true or false' };

/**
 * What every worker shall run of one app. The field names are those of the original. A new field is added here
 * alone: its rule as a decorator, its default as the initial value.
 */
export class AppSpec {
  /** Unique; the prefix of container names and part of the stream's name. */
  @Follows(appName)
  app_name!: string;

  /** Image reference with optional registry, tag and digest; no tag means `latest`. */
  @Follows(imageReference)
  docker_image!: string;

  /** Replica n (from 0) binds host port + n. */
  @Follows(startingPorts)
  starting_ports: PortSpec[] = [];

  @Follows(containersPer)
  containers_per: ContainersPer = { server: 1 };

  @Follows(envVars)
  env_vars: Record<string, string> = {};

  /** False stops the app everywhere. */
  @IsBoolean(YES_OR_NO)
  running: boolean = true;

  /** Networks to join, made where they are missing; `nebula` is always joined unless `host`, `none` or `container:…` stands alone. */
  @Follows(networks)
  networks: string[] = [];

  /** Docker's form: `/host:/container[:ro]`, or a volume's name in place of the host path. */
  @Follows(volumes)
  volumes: string[] = [];

  /** Docker's form: `/dev/x[:/dev/y[:rwm]]`. */
  @Follows(devices)
  devices: string[] = [];

  @IsBoolean(YES_OR_NO)
  privileged: boolean = false;

  /** Arguments in place of the image's CMD; null keeps the image's. */
  @Follows(command)
  command: string[] | null = null;
}

/** A spec without the fields that have their default value. */
export type CompactSpec = Partial<AppSpec> & Pick<AppSpec, 'app_name' | 'docker_image'>;

/** Values of the optional fields when they are not given. */
export function specDefaults(): Omit<AppSpec, 'app_name' | 'docker_image'> {
  const { app_name: _name, docker_image: _image, ...defaults } = new AppSpec();
  return defaults;
}

/**
 * Leaves out every field that has its default value. Messages and fingerprints are made from this, so that a
 * version of the program that adds a field with a default changes neither.
 */
export function compactSpec(spec: AppSpec): CompactSpec {
  const defaults: Record<string, unknown> = { ...specDefaults() };
  const kept = Object.entries(spec).filter(
    ([field, value]) => !(field in defaults && isDeepStrictEqual(value, defaults[field])),
  );
  return Object.fromEntries(kept) as CompactSpec;
}

/** The inverse of `compactSpec`. */
export function expandSpec(compact: CompactSpec): AppSpec {
  return Object.assign(new AppSpec(), compact);
}
