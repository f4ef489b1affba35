import { openAppStore } from '../open-app-store.js';
import type { StoreOptions } from '../store-options.js';
import { everyRevision } from './every-revision.js';

/**
 * Whether a database has sealed values of secrets, those of earlier revisions too. It reads all of it where there are none.
 * @throws {StoreUnavailableError} when it can't be opened
 */
export async function holdsSecrets(options: StoreOptions): Promise<boolean> {
  const silent = { info: () => undefined, warn: () => undefined };
  const store = await openAppStore(options, silent);
  try {
    for await (const { spec } of everyRevision(store))
      if (spec !== null && spec.secret_env_vars.length > 0) return true;
    return false;
  } finally {
    await store.close();
  }
}
