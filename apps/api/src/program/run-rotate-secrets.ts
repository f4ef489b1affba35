import { EXIT, StartError } from '@nebula/lifecycle';
import { IncompatibleStoreError, StoreUnavailableError } from '../store/app-store.js';
import { openAppStore } from '../store/open-app-store.js';
import { Keyring } from '../store/secrets/keyring.js';
import { type Rotation, rotateSecrets } from '../store/secrets/rotate-secrets.js';
import { parseSecretKeys, SECRET_KEY_FORM } from '../store/secrets/secret-key.js';
import { storeOf } from './store-keys.js';
import type { ApiConfiguration } from './configuration.js';

type Say = (line: string) => void;

/**
 * Seals every value of a secret with the first of the configured keys, and says what came of it in a line each. It can
 * be run again at any time, beside apis that work. A database of an older version, whose apis would not know it any more, is
 * refused.
 * @returns the exit code, 1 when the store is away or values could not be read
 * @throws {StartError} when there is no key
 */
export async function runRotateSecrets(
  configuration: ApiConfiguration,
  say: Say = (line) => void process.stdout.write(`${line}\n`),
): Promise<number> {
  const keys = parseSecretKeys(configuration.secret_keys).keys ?? [];
  const [first] = keys;
  if (!first) throw new StartError([`secret_keys is missing: set it to a list of ${SECRET_KEY_FORM}`]);
  try {
    // A failure ends the command, with a line of its own.
    const log = { info: () => undefined, warn: () => undefined };
    const store = await openAppStore(storeOf(configuration), log, { asItIs: true });
    try {
      return tell(await rotateSecrets(store, new Keyring(keys)), first.id, say);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    say(
      error instanceof IncompatibleStoreError
        ? error.message
        : `the database can not be used (${error.message}); run this again when it can`,
    );
    return EXIT.failed;
  }
}

function tell({ rewritten, unreadable }: Rotation, id: string, say: Say): number {
  for (const app of rewritten) say(`${app}: its secrets are sealed with the key "${id}" now`);
  for (const { revision, error } of unreadable) {
    say(`revision ${revision}: ${error.message}; they stay as they are`);
  }
  const left =
    unreadable.length === 0 ? '' : `; ${unreadable.length} revisions have secrets that can not be read`;
  say(`${rewritten.size} apps were changed to the key "${id}"${left}`);
  return unreadable.length === 0 ? EXIT.stopped : EXIT.failed;
}
