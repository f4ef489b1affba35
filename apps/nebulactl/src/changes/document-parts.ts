import type { AppDocument } from '@nebula/sdk';
import { CommandError } from '../usage-error.js';
import type { ReadApps } from './app-files.js';

/** Most apps that the api takes in one document. */
export const MOST_APPS = 1_000;

/** Longest document that the api takes, bytes. */
export const MOST_BYTES = 1_048_576;

/** Of a document beside its apps: `{"apps":[],"expected":{}}`, and some. */
const FRAME_BYTES = 64;

/** Of an app beside its spec: its name and revision under `expected`, and commas. */
const PLACE_BYTES = 32;

/**
 * Cuts apps into documents that the api takes, in their order; mostly that is one. What is too large by itself is one
 * by itself, and left to the api to refuse.
 *
 * @param isWhole whether the document says what all apps are, so that it can't be cut
 * @throws {CommandError} when it must not be cut and is too large, and when an app is in two parts, of which the api can't know
 */
export function partsOf(read: ReadApps, isWhole: boolean): ReadApps[] {
  const parts = cut(read);
  if (parts.length === 1) return parts;
  if (isWhole) {
    const bytes = Buffer.byteLength(JSON.stringify(read.document));
    throw new CommandError(
      `--prune takes all apps in one document, of at most ${MOST_APPS} apps and ${MOST_BYTES} bytes with what is looked at, and these are ${read.origins.length} apps and ${bytes} bytes: go by beginnings of names, with --prefix and the files of those apps`,
    );
  }
  requireOnce(read);
  return parts;
}

function cut({ document, origins }: ReadApps): ReadApps[] {
  const parts: ReadApps[] = [];
  let part: ReadApps | null = null;
  let bytes = 0;
  for (const [index, app] of document.apps.entries()) {
    const size = Buffer.byteLength(JSON.stringify(app)) + nameOf(app).length + PLACE_BYTES;
    if (part === null || part.origins.length === MOST_APPS || bytes + size > MOST_BYTES) {
      part = { document: { apps: [] }, origins: [] };
      parts.push(part);
      bytes = FRAME_BYTES;
    }
    bytes += size;
    part.document.apps.push(app);
    part.origins.push(origins[index] ?? '');
  }
  return parts.length === 0 ? [{ document, origins }] : parts;
}

function requireOnce({ document, origins }: ReadApps): void {
  const first = new Map<string, number>();
  for (const [index, app] of document.apps.entries()) {
    const name = nameOf(app);
    const earlier = first.get(name);
    if (name !== '' && earlier !== undefined)
      throw new CommandError(
        `${origins[index]}: ${name} must be there once, and ${origins[earlier]} has it too, so nothing was changed`,
      );
    first.set(name, index);
  }
}

/** Empty where there is none: what an app must be is left to the api. */
function nameOf(app: AppDocument['apps'][number] | null): string {
  return typeof app?.app_name === 'string' ? app.app_name : '';
}
