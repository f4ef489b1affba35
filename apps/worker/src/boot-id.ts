import { readFile } from 'node:fs/promises';

/** Another one after each start of the server. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** Which start of the server this is; null where that can't be told. */
export async function bootId(): Promise<string | null> {
  return await readFile(BOOT_ID, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
