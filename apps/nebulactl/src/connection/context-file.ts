import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CommandError } from '../usage-error.js';
import { takeLock } from './file-lock.js';
import { didYouMean } from './suggest.js';

/** A cluster, and who one is there. */
export interface Context {
  url: string;
  /** A bearer token, or else user and password; neither where the api asks for no login. */
  token?: string;
  user?: string;
  password?: string;
  /** Absolute path of certificates in PEM that are trusted beside the usual ones. */
  ca_file?: string;
}

export interface Contexts {
  /** The one that is used when nothing else is said. */
  current: string | null;
  contexts: Record<string, Context>;
}

/** A command is at the file for some milliseconds. */
const PATIENCE_MS = 2_000;

/** Keeps contexts in a file that only its owner can read, since it has credentials. */
export class ContextFile {
  /** @param patienceMs so long another command may be at the file before it is taken for dead */
  constructor(
    readonly path: string,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** In the user's folder for configuration. */
  static of(env: Readonly<Record<string, string | undefined>>): ContextFile {
    const folder = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
    return new ContextFile(join(folder, 'nebula', 'nebulactl.json'));
  }

  /** @throws {CommandError} when the file can't be read, or isn't one of ours */
  read(): Contexts {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: null, contexts: {} };
      throw new CommandError(`the contexts can't be read: ${(error as Error).message}`);
    }
    const value = parsed(text);
    if (value === null)
      throw new CommandError(`${this.path} is no file of contexts: mend it, or remove it and log in again`);
    return value;
  }

  /**
   * Changes what is kept. No other command does meanwhile, so that of two at the same time neither is lost.
   * @param change makes of what is kept what shall be
   * @throws {CommandError} when the file can't be read or written, and whatever `change` throws
   */
  async update(change: (before: Contexts) => Contexts): Promise<void> {
    const path = behindLinks(this.path);
    const release = await writing(() => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      return takeLock(`${path}.lock`, this.patienceMs);
    });
    try {
      const after = change(this.read());
      await writing(() => replace(path, `${JSON.stringify(after, null, 2)}\n`));
    } finally {
      release();
    }
  }
}

async function writing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CommandError(`the contexts can't be written: ${(error as Error).message}`);
  }
}

/** Replaces the file at once, so that whoever reads it meanwhile has one of both whole. */
function replace(path: string, text: string): void {
  const passing = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(passing, text, { mode: 0o600, flag: 'wx' });
    // The mask of the process may have taken rights away, and never adds any.
    chmodSync(passing, 0o600);
    renameSync(passing, path);
  } catch (error) {
    rmSync(passing, { force: true });
    throw error;
  }
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** Where a file is, or is to be: a link stays one when what it leads to is replaced, and so does one to a link. */
function behindLinks(path: string, most = MOST_LINKS): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      const next = resolve(realpathSync(dirname(path)), readlinkSync(path));
      return most === 0 ? path : behindLinks(next, most - 1);
    } catch {
      return path;
    }
  }
}

/**
 * The context of a name.
 * @throws {CommandError} with a suggestion when there is none
 */
export function contextOf({ contexts }: Contexts, name: string): Context {
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context !== undefined) return context;
  const names = Object.keys(contexts);
  const known = names.length === 0 ? 'there is none yet: nebulactl login' : 'see nebulactl context list';
  throw new CommandError(
    `there is no context ${JSON.stringify(name)}${didYouMean(name, names) || `; ${known}`}`,
  );
}

function parsed(text: string): Contexts | null {
  try {
    const value = JSON.parse(text) as Partial<Contexts> | null;
    const { current = null, contexts } = value ?? {};
    const isGood =
      typeof contexts === 'object' &&
      contexts !== null &&
      (current === null || typeof current === 'string') &&
      Object.values(contexts).every((each) => typeof each?.url === 'string');
    return isGood ? { current, contexts } : null;
  } catch {
    return null;
  }
}
