import { createHash } from 'node:crypto';
import {
  BACKUP_FORMAT,
  BACKUP_VERSION,
  type BackupEnd,
  type BackupEntry,
  BackupError,
  type BackupHeader,
  type BackupLine,
} from './backup-format.js';
import { entryProblem } from './entry-problem.js';

/** The lines of a backup, each with its line end. */
export async function* backupText(
  entries: AsyncIterable<BackupEntry>,
  made: Pick<BackupHeader, 'program' | 'made_at'>,
): AsyncGenerator<string> {
  const hash = createHash('sha256');
  let lines = 0;
  const line = (content: BackupLine) => {
    const text = `${oneLine(content)}\n`;
    hash.update(text);
    lines += 1;
    return text;
  };
  yield line({ kind: 'header', format: BACKUP_FORMAT, version: BACKUP_VERSION, ...made });
  for await (const entry of entries) yield line(entry);
  const end: BackupEnd = { kind: 'end', lines, sha256: hash.digest('hex') };
  yield `${JSON.stringify(end)}\n`;
}

/**
 * The inverse of `backupText`. Whether it was whole is only known when the last one was read.
 *
 * @param texts lines without their line ends
 * @throws {BackupError} when it is no backup, of a newer version, cut off, or was changed
 */
export async function* parsedBackup(texts: AsyncIterable<string>): AsyncGenerator<BackupEntry> {
  const hash = createHash('sha256');
  let lines = 0;
  let isWhole = false;
  for await (const text of texts) {
    if (isWhole) throw new BackupError(`line ${lines + 2} is behind the end of the backup`);
    const content = objectIn(text);
    if (lines === 0) requireHeader(content);
    else if (content?.['kind'] === 'end') {
      requireEnd(content, { lines, sha256: hash.digest('hex') });
      isWhole = true;
      continue;
    } else {
      const problem = content ? entryProblem(content) : 'is no JSON object';
      if (problem !== null) throw new BackupError(`line ${lines + 1} of the backup ${problem}`);
      yield content as unknown as BackupEntry;
    }
    hash.update(`${text}\n`);
    lines += 1;
  }
  if (lines === 0) throw new BackupError('the file is empty, so it is no backup of Nebula');
  if (!isWhole) throw new BackupError(`the backup is cut off after line ${lines}`);
}

/** JSON that no reader of lines takes apart: some end a line at the separators of Unicode, too. */
function oneLine(content: BackupLine): string {
  return JSON.stringify(content).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null && !Array.isArray(content)
      ? (content as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function requireHeader(content: Record<string, unknown> | null): void {
  if (content?.['kind'] !== 'header' || content['format'] !== BACKUP_FORMAT)
    throw new BackupError(
      'the file is no backup of Nebula: its first line is not the header that "backup" writes',
    );
  const { version, program } = content;
  if (version !== BACKUP_VERSION)
    throw new BackupError(
      `the backup has version ${JSON.stringify(version)} (made by Nebula ${JSON.stringify(program)}), and this program reads version ${BACKUP_VERSION}: restore it with the program that made it, or a later one`,
    );
}

function requireEnd(end: Record<string, unknown>, found: Pick<BackupEnd, 'lines' | 'sha256'>): void {
  if (end['lines'] !== found.lines)
    throw new BackupError(
      `the backup has ${found.lines} lines before its end, which says ${JSON.stringify(end['lines'])}`,
    );
  if (end['sha256'] !== found.sha256)
    throw new BackupError('the backup was changed after it was made: its digest is another');
}
