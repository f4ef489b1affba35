import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAppName } from '@nebula/contracts';
import { atomicWrite } from './atomic-write.js';

const ENDING = '.json';

/** One file as it was found. */
export type AppFile =
  | { app_name: string; ok: true; value: unknown }
  | { app_name: string; ok: false; reason: string };

/**
 * A folder with one JSON file per app, `<app>.json`, for the owner alone. No app's name begins with a dot, so
 * passing files are never taken for one.
 */
export class AppFiles {
  /** The newest change of each app that is under way. */
  private readonly changes = new Map<string, Promise<void>>();

  constructor(readonly folder: string) {}

  /** Makes the folder where it is missing, and removes what an interrupted write has left. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
    for (const name of await readdir(this.folder)) {
      if (name.startsWith('.') && name.endsWith('.tmp')) await rm(join(this.folder, name), { force: true });
    }
  }

  /** Every file whose name is an app's. */
  async readAll(): Promise<AppFile[]> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(ENDING)).sort();
    const apps = names
      .map((name) => name.slice(0, -ENDING.length))
      .filter((app_name) => parseAppName(app_name).ok);
    return await Promise.all(apps.map((app_name) => this.readFile(app_name)));
  }

  async write(appName: string, value: unknown): Promise<void> {
    await this.inOrder(appName, () => atomicWrite(this.path(appName), `${JSON.stringify(value)}\n`));
  }

  async remove(appName: string): Promise<void> {
    await this.inOrder(appName, () => rm(this.path(appName), { force: true }));
  }

  /** Renames a file that can't be used, so that people can look at it and nobody reads it again. Answers its new path. */
  async setAside(appName: string): Promise<string> {
    const aside = `${this.path(appName)}.corrupt`;
    await rename(this.path(appName), aside);
    return aside;
  }

  /** Changes of one file in the order in which they were asked for, so that the last one is what stays. */
  private async inOrder(appName: string, change: () => Promise<void>): Promise<void> {
    const before = this.changes.get(appName);
    const changing = before ? before.then(change, change) : change();
    this.changes.set(appName, changing);
    try {
      await changing;
    } finally {
      if (this.changes.get(appName) === changing) this.changes.delete(appName);
    }
  }

  private async readFile(app_name: string): Promise<AppFile> {
    try {
      const value: unknown = JSON.parse(await readFile(this.path(app_name), 'utf8'));
      return { app_name, ok: true, value };
    } catch (error) {
      // The parser quotes what it stumbles over, which may be a secret.
      const reason = error instanceof SyntaxError ? 'it is not JSON' : String(error);
      return { app_name, ok: false, reason };
    }
  }

  private path(appName: string): string {
    return join(this.folder, `${appName}${ENDING}`);
  }
}
