import { readFile } from 'node:fs/promises';
import { type Secret, registryName } from './registry-auth.js';

/** The parts of Docker's `config.json` that say what registries are asked with. */
export interface DockerConfig {
  auths: Record<string, unknown>;
  credHelpers: Record<string, unknown>;
  credsStore: unknown;
}

/** Longest file that is read, bytes. */
const LONGEST_FILE = 1024 * 1024;

/** Why the file can't be used, in words without any of its content. */
export class DockerConfigError extends Error {}

/**
 * @returns null when there is no such file.
 * @throws {DockerConfigError}
 */
export async function readDockerConfig(path: string): Promise<DockerConfig | null> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new DockerConfigError(`${path} can not be read: ${code}`);
  }
  if (content.length > LONGEST_FILE)
    throw new DockerConfigError(`${path} is larger than ${LONGEST_FILE} bytes`);
  const value = objectIn(content);
  if (!value) throw new DockerConfigError(`${path} is not a JSON object`);
  const { auths, credHelpers, credsStore } = value;
  return {
    auths: isObject(auths) ? auths : {},
    credHelpers: isObject(credHelpers) ? credHelpers : {},
    credsStore,
  };
}

/** Name of the helper that keeps the credentials of a registry; null when the file itself does. */
export function helperFor({ credHelpers, credsStore }: DockerConfig, registry: string): string | null {
  const own = entryFor(credHelpers, registry);
  if (typeof own === 'string' && own !== '') return own;
  return typeof credsStore === 'string' && credsStore !== '' ? credsStore : null;
}

/** The credentials that the file itself has for a registry. Docker leaves an empty entry where a helper has them. */
export function secretFor({ auths }: DockerConfig, registry: string): Secret | null {
  const entry = entryFor(auths, registry);
  if (!isObject(entry)) return null;
  const { auth, username, password, identitytoken, registrytoken } = entry;
  if (isText(identitytoken)) return { identitytoken };
  if (isText(registrytoken)) return { registrytoken };
  if (isText(auth)) return decoded(auth);
  return isText(username) && typeof password === 'string' ? { username, password } : null;
}

/** The entry of that very name first, then one that names the registry in another form. */
function entryFor(entries: Record<string, unknown>, registry: string): unknown {
  if (Object.hasOwn(entries, registry)) return entries[registry];
  const [, found] = Object.entries(entries).find(([key]) => registryName(key) === registry) ?? [];
  return found;
}

function decoded(auth: string): Secret | null {
  // Docker cuts off the NUL bytes with which old versions filled up passwords.
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon < 1 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function objectIn(content: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(content.toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
