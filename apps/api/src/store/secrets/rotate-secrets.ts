import type { AppStore, Revision } from '../app-store.js';
import { everyRevision } from './every-revision.js';
import type { Keyring } from './keyring.js';
import { opened, resealed } from './seal-record.js';
import { SecretsUnreadableError } from './secret-errors.js';

/** What came of a rotation. */
export interface Rotation {
  /** Apps of which values were sealed anew, be it in earlier revisions alone. */
  rewritten: Set<string>;
  /** What could not be read and stays as it is. */
  unreadable: { revision: number; error: SecretsUnreadableError }[];
}

/**
 * Seals every value of a secret anew that is not sealed with the newest key, those of earlier revisions and of deleted
 * apps too. It can be ended and begun again at any time, and run while apis work: what an app is does not change, so it
 * gets no new revision. A change that comes between is left as it is: it was sealed with the newest key of the api
 * that made it, but what it replaced may be kept as it was before. So a second run is the proof.
 *
 * @param inner the store without its own sealing
 * @throws {StoreUnavailableError} when the store is away
 */
export async function rotateSecrets(inner: AppStore, keyring: Keyring): Promise<Rotation> {
  const rotation: Rotation = { rewritten: new Set(), unreadable: [] };
  const rotate = async (stored: Revision) => {
    const { app_name, revision } = stored;
    const { unreadable_secrets } = opened(stored, keyring);
    if (unreadable_secrets) {
      rotation.unreadable.push({ revision, error: new SecretsUnreadableError(app_name, unreadable_secrets) });
    }
    const anew = resealed(stored, keyring);
    if (anew && (await inner.rewrite(anew))) rotation.rewritten.add(app_name);
  };
  for await (const stored of everyRevision(inner)) await rotate(stored);
  return rotation;
}
