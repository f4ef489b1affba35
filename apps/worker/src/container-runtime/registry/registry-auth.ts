import { DOCKER_HUB } from '@nebula/contracts';

/** Under this name Docker's own files and helpers keep what Docker Hub is asked with. */
const HUB_SERVER = 'https://index.docker.io/v1/';

/** What a registry is asked with: a user, or a token that stands for one. */
export type Secret =
  | { username: string; password: string }
  | { identitytoken: string }
  | { registrytoken: string };

/** Credentials for one registry. What is in them can be sent, but neither printed nor written as JSON. */
export class RegistryAuth {
  readonly #text: string;

  constructor(registry: string, secret: Secret) {
    this.#text = JSON.stringify({ ...secret, serveraddress: serverAddress(registry) });
  }

  /** The engine's `X-Registry-Auth`: URL-safe base64 with padding. */
  header(): string {
    return Buffer.from(this.#text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  }
}

/** What Docker calls a registry where it keeps credentials. */
export function serverAddress(registry: string): string {
  return registry === DOCKER_HUB ? HUB_SERVER : registry;
}

/** A registry as image references name it, from what people and Docker's files write: with a scheme and a path, too. */
export function registryName(address: string): string {
  const host = address
    .trim()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '');
  return ['index.docker.io', 'registry-1.docker.io'].includes(host) ? DOCKER_HUB : host;
}
