import { type AppSpec, hashOf, type Tokens } from '@nebula/contracts';
import { type Field, V1 } from './fingerprint-fields.js';

/** Every version there ever was; none may go, since containers with its labels still run somewhere. */
const VERSIONS: ReadonlyMap<string, Record<string, Field>> = new Map([['v1', V1]]);

const CURRENT = 'v1';

/**
 * The fingerprint of a version, `<version>:<sha256>`; null when this program doesn't know that version, which
 * is so for a container that a newer worker made.
 */
export function fingerprintOf(
  version: string,
  spec: AppSpec,
  replica: number,
  tokens: Tokens,
): string | null {
  const fields = VERSIONS.get(version);
  if (!fields) return null;
  const origin = { spec, replica, tokens };
  // A field at its default is as if it didn't exist.
  const values: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name]?.(origin);
    if (value !== undefined) values[name] = value;
  }
  return `${version}:${hashOf(values)}`;
}

/** The fingerprint that new containers are labelled with. */
export function fingerprint(spec: AppSpec, replica: number, tokens: Tokens): string {
  const current = fingerprintOf(CURRENT, spec, replica, tokens);
  if (current === null) throw new Error(`Fingerprint version ${CURRENT} is not in the table.`);
  return current;
}

/**
 * Whether a container with this label is what the spec wants. The label is checked by the rules of its own
 * version, so that a newer version restarts nothing; a label of an unknown version is never right.
 */
export function isRight(label: string, spec: AppSpec, replica: number, tokens: Tokens): boolean {
  const version = label.slice(0, label.indexOf(':'));
  return fingerprintOf(version, spec, replica, tokens) === label;
}
