import type { AppStore } from '../app-store.js';
import type { Keyring } from './keyring.js';
import { opened, resealed } from './seal-record.js';
import { SecretsUnreadableError } from './secret-errors.js';

/** Apps that are read at a time. */
const PAGE = 100;

/** What came of a rotation. */
export interface Rotation {
  /** Apps of which values were sealed anew. */
  rewritten: string[];
  /** Why values could not be read; they stay as they are. */
  unreadable: SecretsUnreadableError[];
}

/**
 * Seals every value of a secret anew that is not sealed with the newest key. It can be ended and begun again at any
 * time, and run while apis work: what an app is does not change, so it gets no new revision, and a change that
 * comes between is left as it is. It was sealed with the newest key of the api that made it.
 *
 * @param inner the store without its own sealing
 * @throws {StoreUnavailableError} when the store is away
 */
export async function rotateSecrets(inner: AppStore, keyring: Keyring): Promise<Rotation> {
  const rotation: Rotation = { rewritten: [], unreadable: [] };
  let after: string | undefined;
  do {
    const page = await inner.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const stored of page.items) {
      const { unreadable_secrets } = opened(stored, keyring);
      if (unreadable_secrets) {
        rotation.unreadable.push(new SecretsUnreadableError(stored.app_name, unreadable_secrets));
      }
      const anew = resealed(stored, keyring);
      if (anew && (await inner.rewrite(anew))) rotation.rewritten.push(stored.app_name);
    }
    after = page.next_after ?? undefined;
  } while (after !== undefined);
  return rotation;
}
