import { homedir } from 'node:os';
import { join } from 'node:path';
import { DOCKER_HUB } from '@nebula/contracts';
import { askHelper, HelperError, type HelperOptions } from './credential-helper.js';
import { DockerConfigError, helperFor, readDockerConfig, secretFor } from './docker-config.js';
import { RegistryAuth, registryName, type Secret, serverAddress } from './registry-auth.js';

/** Where credentials of registries are. */
export interface CredentialOptions {
  /** Folder of Docker's `config.json`; Docker's own, `.docker` in the home folder, when absent or empty. */
  docker_config?: string;
  /** Registry of the user below; Docker Hub when absent or empty. */
  registry_host?: string;
  registry_auth_user?: string;
  registry_auth_password?: string;
}

/** What a registry is to be asked with. */
export interface FoundCredentials {
  /** Null when there are none: then it is asked as by anybody. */
  auth: RegistryAuth | null;
  /** Where they are from, or why there are none, for messages: without any of them. */
  origin: string;
  /** There may be some, but they can't be had. */
  failed: boolean;
}

/**
 * Finds the credentials of registries where Docker's own client does, and in our own configuration. It reads at each
 * call, so that credentials which change are taken up, and keeps nothing.
 */
export class RegistryCredentials {
  private readonly file: string;
  private readonly own: { registry: string; secret: Secret } | null;

  constructor(
    options: CredentialOptions = {},
    private readonly helpers: HelperOptions = {},
  ) {
    const { docker_config = '', registry_host = '' } = options;
    const { registry_auth_user: username = '', registry_auth_password: password = '' } = options;
    this.file = join(docker_config || join(homedir(), '.docker'), 'config.json');
    const registry = registry_host.trim() === '' ? DOCKER_HUB : registryName(registry_host);
    this.own = username === '' ? null : { registry, secret: { username, password } };
  }

  /** Never fails: an image may be there for everybody, and what is wrong is in `origin`. */
  async for(registry: string): Promise<FoundCredentials> {
    if (this.own?.registry === registry) {
      return found(registry, this.own.secret, 'registry_auth_user');
    }
    try {
      return await this.inDockerConfig(registry);
    } catch (error) {
      if (!(error instanceof HelperError || error instanceof DockerConfigError)) throw error;
      return { auth: null, origin: `without credentials: ${error.message}`, failed: true };
    }
  }

  private async inDockerConfig(registry: string): Promise<FoundCredentials> {
    const config = await readDockerConfig(this.file);
    const helper = config && helperFor(config, registry);
    const kept = helper ? await askHelper(helper, serverAddress(registry), this.helpers) : null;
    if (kept) return found(registry, kept, `the credentials of docker-credential-${helper}`);
    const secret = config && secretFor(config, registry);
    if (secret) return found(registry, secret, `the credentials of ${this.file}`);
    const origin = `without credentials: there are none for it in ${this.file}`;
    return { auth: null, origin, failed: false };
  }
}

function found(registry: string, secret: Secret, where: string): FoundCredentials {
  return { auth: new RegistryAuth(registry, secret), origin: `with ${where}`, failed: false };
}
