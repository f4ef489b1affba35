import { type AppSpec, maskSpec, parseAppName, parseAppSpec, type Tokens } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { Clock, instant } from '../clock.js';
import { OrphansService } from '../orphans/orphans.service.js';
import { type AppPage, type AppRecord, AppStore } from '../store/app-store.js';
import { isLive, type LiveApp } from './app-answer.js';
import { AppChanges } from './app-changes.js';
import { appExists, appNotFound, invalidSpec } from './app-problems.js';
import { AppSecrets } from './app-secrets.js';
import { created, deleted, deletedOrphan, respecified, wished } from './app-records.js';
import { listWithin } from './list-within.js';
import { mergePatch } from './merge-patch.js';
import { type Preconditions, requirePreconditions } from './preconditions.js';

/**
 * Reads and changes apps. Every call throws `ProblemError` for what is wrong with the request, and
 * `StoreUnavailableError` when the store is away.
 */
@Injectable()
export class AppsService {
  constructor(
    private readonly store: AppStore,
    private readonly changes: AppChanges,
    private readonly orphans: OrphansService,
    private readonly secrets: AppSecrets,
    private readonly clock: Clock,
  ) {}

  /** Apps that the caller may see. */
  async list(
    query: { limit: number; after?: string; prefix?: string },
    { rights }: Caller,
  ): Promise<AppPage> {
    return await listWithin(this.store, rights, query);
  }

  async get(appName: string): Promise<LiveApp> {
    requireName(appName);
    return live(appName, await this.store.get(appName));
  }

  async create(input: unknown): Promise<LiveApp> {
    const given = validSpec(input);
    return await this.changes.make(given.app_name, (current, firstRevision) => {
      if (isLive(current)) throw appExists(given.app_name);
      return created(this.secrets.meant(given, null), current, firstRevision, this.now());
    });
  }

  /** Creates the app or gives it another spec. */
  async put(
    appName: string,
    input: unknown,
    expected: Preconditions,
  ): Promise<{ app: LiveApp; isNew: boolean }> {
    const given = specForName(appName, input);
    let isNew = false;
    const app = await this.changes.make(appName, (current, firstRevision) => {
      isNew = !isLive(current);
      requirePreconditions(expected, isLive(current) ? current.revision : null);
      const spec = this.secrets.meant(given, isLive(current) ? current.spec : null);
      return isLive(current)
        ? respecified(current, spec, this.now())
        : created(spec, current, firstRevision, this.now());
    });
    return { app, isNew };
  }

  /** Applies a JSON merge patch to the whole spec. Secrets are masked in it, so that they stay what they are. */
  async patch(appName: string, patch: unknown, expected: Preconditions): Promise<LiveApp> {
    return await this.changeLive(appName, expected, (app) => {
      const given = validSpec(mergePatch(maskSpec(app.spec), patch), appName);
      return respecified(app, this.secrets.meant(given, app.spec), this.now());
    });
  }

  /** Deletes an app, or an orphan of that name. */
  async delete(appName: string, expected: Preconditions): Promise<AppRecord> {
    requireName(appName);
    const isOrphan = await this.orphans.isOrphan(appName);
    return await this.changes.make(appName, (current, firstRevision) => {
      if (current === null && isOrphan) {
        requirePreconditions(expected, null);
        return deletedOrphan(appName, firstRevision, this.now());
      }
      const app = live(appName, current);
      requirePreconditions(expected, app.revision);
      return deleted(app, this.now());
    });
  }

  async setRunning(appName: string, running: boolean, expected: Preconditions): Promise<AppRecord> {
    return await this.changeLive(appName, expected, (app) =>
      respecified(app, { ...app.spec, running }, this.now()),
    );
  }

  async wish(
    appName: string,
    tokens: readonly (keyof Tokens)[],
    expected: Preconditions,
  ): Promise<AppRecord> {
    return await this.changeLive(appName, expected, (app) => wished(app, tokens, this.now()));
  }

  private async changeLive<Next extends AppRecord>(
    appName: string,
    expected: Preconditions,
    decide: (app: LiveApp) => Next,
  ): Promise<Next> {
    requireName(appName);
    return await this.changes.make(appName, (current) => {
      const app = live(appName, current);
      requirePreconditions(expected, app.revision);
      return decide(app);
    });
  }

  private now(): string {
    return instant(this.clock.now());
  }
}

/** A name that no app can have is that of no app. */
function requireName(appName: string): void {
  if (!parseAppName(appName).ok) throw appNotFound(appName);
}

function live(appName: string, record: AppRecord | null): LiveApp {
  if (!isLive(record)) throw appNotFound(appName);
  return record;
}

/**
 * @param appName the name that the app has or shall have; any when absent. It is as long as an app's name can be.
 * @throws {ProblemError} with all that is wrong
 */
function validSpec(input: unknown, appName?: string): AppSpec {
  const result = parseAppSpec(input);
  const given = isObject(input) ? input['app_name'] : appName;
  if (appName === undefined || given === appName) {
    if (result.ok) return result.value;
    throw invalidSpec(result.problems);
  }
  const message = `must be ${JSON.stringify(appName)}, the name in the path: an app can't be renamed`;
  const others = result.ok ? [] : result.problems.filter(({ pointer }) => pointer !== '/app_name');
  throw invalidSpec([{ pointer: '/app_name', message }, ...others]);
}

/** The spec for the name in a path, which the body may leave out but not change. */
function specForName(appName: string, input: unknown): AppSpec {
  // A name that no app can have is a flaw beside those of the body, whatever that says of the name.
  if (isObject(input) && (input['app_name'] === undefined || !parseAppName(appName).ok)) {
    return validSpec({ ...input, app_name: appName });
  }
  return validSpec(input, appName);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
