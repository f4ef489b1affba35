import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AppDocument } from '@nebula/sdk';
import { readAll, type Terminal } from '../console/terminal.js';
import { CommandError } from '../usage-error.js';

/** What stands for the standard input in place of a file. */
const STDIN = '-';

const ENDINGS = /\.(ya?ml|json)$/;

/** The apps of some files as one document, and of each the file that it is from, in the same order. */
export interface ReadApps {
  document: AppDocument;
  origins: string[];
}

/**
 * Reads apps from files, from the files of folders (`.yaml`, `.yml` and `.json`, by name, not of folders below them) and
 * from the standard input. A file has a list under `apps`, as an export has, or the spec of one app; YAML may have
 * several documents in one file. What each field must be is left to the api.
 * @throws {CommandError} that names the file, and the line where it is no YAML
 */
export async function readApps(terminal: Terminal, paths: readonly string[]): Promise<ReadApps> {
  const apps: unknown[] = [];
  const origins: string[] = [];
  for (const path of paths.flatMap(filesOf)) {
    const name = path === STDIN ? 'standard input' : path;
    const text = path === STDIN ? await readAll(terminal.stdin) : readFile(path);
    for (const app of await appsOf(name, text)) {
      apps.push(app);
      origins.push(name);
    }
  }
  return { document: { apps } as AppDocument, origins };
}

function filesOf(path: string): string[] {
  if (path === STDIN || !onDisk(path, () => statSync(path).isDirectory())) return [path];
  const files = onDisk(path, () => readdirSync(path)).filter((name) => ENDINGS.test(name));
  if (files.length === 0) throw new CommandError(`there is no .yaml, .yml or .json file in ${path}`);
  return files.sort().map((name) => join(path, name));
}

function readFile(path: string): string {
  return onDisk(path, () => readFileSync(path, 'utf8'));
}

function onDisk<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(
      code === 'ENOENT' ? `there is no ${path}` : `${path} can't be read: ${code ?? message}`,
    );
  }
}

async function appsOf(name: string, text: string): Promise<unknown[]> {
  const { parseYamlStream, YamlFlaw } = await import('@nebula/yaml');
  try {
    return parseYamlStream(text).flatMap((value) => appsIn(name, value));
  } catch (error) {
    throw error instanceof YamlFlaw ? new CommandError(`${name}: ${error.message}`) : error;
  }
}

function appsIn(name: string, value: unknown): unknown[] {
  // A file may end with a line that begins a document.
  if (value === null) return [];
  if (typeof value === 'object' && 'apps' in value && Array.isArray(value.apps)) {
    const other = Object.keys(value).find((key) => key !== 'apps');
    if (other === undefined) return value.apps as unknown[];
    throw new CommandError(
      `${name}: beside apps there is ${JSON.stringify(other)}, which means nothing there`,
    );
  }
  if (typeof value === 'object' && 'app_name' in value) return [value];
  throw new CommandError(`${name}: this must be a list under "apps", or one app with its app_name`);
}
