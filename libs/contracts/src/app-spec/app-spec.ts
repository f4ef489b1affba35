import 'reflect-metadata';
import { isDeepStrictEqual } from 'node:util';

/** A published port as users write it: `80`, `"80"` or `{"81": "80"}` (host: container). */
export type PortSpec = number | string | Record<string, number | string>;

/** Replicas per worker; exactly one key. `instance` is `server`, `mem` is `memory`. */
export type ContainersPer =
  | { server: number }
  | { instance: number }
  | { cpu: number }
  | { memory: number }
  | { mem: number };

/** What every worker shall run of one app. The field names are those of the original. */
export class AppSpec {
  /** Unique; the prefix of container names and part of the stream's name. */
  app_name!: string;
  /** Image reference with optional registry, tag and digest; no tag means `latest`. */
  docker_image!: string;
  /** Replica n (from 0) binds host port + n. */
  starting_ports: PortSpec[] = [];
  containers_per: ContainersPer = { server: 1 };
  env_vars: Record<string, string> = {};
  /** False stops the app everywhere. */
  running = true;
  /** Networks to join, made where they are missing; `nebula` is always joined unless `host`, `none` or `container:…` stands alone. */
  networks: string[] = [];
  /** Docker's form: `/host:/container[:ro]`, or a volume's name in place of the host path. */
  volumes: string[] = [];
  /** Docker's form: `/dev/x[:/dev/y[:rwm]]`. */
  devices: string[] = [];
  privileged = false;
  /** Arguments in place of the image's CMD; null keeps the image's. */
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
