import { open } from 'node:fs/promises';

/** Where a file of SQLite has its `user_version`, four bytes, the highest first. */
const USER_VERSION_AT = 60;

/** Has a SQLite file, which nobody has open, look like that of a version that doesn't exist yet. */
export async function raiseSchema(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(Buffer.from([0, 0, 0, 99]), 0, 4, USER_VERSION_AT);
  } finally {
    await file.close();
  }
}
