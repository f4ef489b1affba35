import {
  type AppSpec,
  imageIdProblems,
  maskSpec,
  parseAppName,
  parseAppSpec,
  type Tokens,
} from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { Clock, instant } from '../clock.js';
import { OrphansService } from '../orphans/orphans.service.js';
import { type AppPage, type AppRecord, AppStore } from '../store/app-store.js';
import { isLive, type LiveApp } from './app-answer.js';
import { AppChanges, type Made } from './app-changes.js';
import { appExists, appNotFound, invalidSpec } from './app-problems.js';
import { AppSecrets } from './app-secrets.js';
import { created, deleted, deletedOrphan, respecified, type Stamp, wished } from './app-records.js';
import type { Intent } from './intent.js';
import { listWithin } from './list-within.js';
import { mergePatch } from './merge-patch.js';
import { requirePreconditions } from './preconditions.js';

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

  async create(input: unknown, intent: Intent): Promise<Made<LiveApp>> {
    const given = validSpec(input);
    const decide = (current: AppRecord | null, firstRevision: number) => {
      if (isLive(current)) throw appExists(given.app_name);
      return created(this.meant(given, null), current, firstRevision, this.stamp(intent));
    };
    return await this.changes.make(given.app_name, decide, intent);
  }

  /** Creates the app or gives it another spec. */
  async put(appName: string, input: unknown, intent: Intent): Promise<Made<LiveApp>> {
    const given = specForName(appName, input);
    const decide = (current: AppRecord | null, firstRevision: number) => {
      requirePreconditions(intent.expected, isLive(current) ? current : null);
      const spec = this.meant(given, isLive(current) ? current.spec : null);
      return isLive(current)
        ? respecified(current, spec, this.stamp(intent), 'changed')
        : created(spec, current, firstRevision, this.stamp(intent));
    };
    return await this.changes.make(appName, decide, intent);
  }

  /** Applies a JSON merge patch to the whole spec. Secrets are masked in it, so that they stay what they are. */
  async patch(appName: string, patch: unknown, intent: Intent): Promise<Made<LiveApp>> {
    return await this.changeLive(appName, intent, (app, stamp) => {
      const given = validSpec(mergePatch(maskSpec(app.spec), patch), appName);
      return respecified(app, this.meant(given, app.spec), stamp, 'changed');
    });
  }

  /** Deletes an app, or an orphan of that name. */
  async delete(appName: string, intent: Intent): Promise<Made<AppRecord>> {
    requireName(appName);
    const isOrphan = await this.orphans.isOrphan(appName);
    const decide = (current: AppRecord | null, firstRevision: number) => {
      if (current === null && isOrphan) {
        requirePreconditions(intent.expected, null);
        return deletedOrphan(appName, firstRevision, this.stamp(intent));
      }
      const app = live(appName, current);
      requirePreconditions(intent.expected, app);
      return deleted(app, this.stamp(intent));
    };
    return await this.changes.make(appName, decide, intent);
  }

  async setRunning(appName: string, running: boolean, intent: Intent): Promise<Made<LiveApp>> {
    const change = running ? 'started' : 'stopped';
    return await this.changeLive(appName, intent, (app, stamp) =>
      respecified(app, { ...app.spec, running }, stamp, change),
    );
  }

  /** The first of the tokens names the wish. */
  async wish(
    appName: string,
    tokens: readonly [keyof Tokens, ...(keyof Tokens)[]],
    intent: Intent,
  ): Promise<Made<LiveApp>> {
    return await this.changeLive(appName, intent, (app, stamp) => wished(app, tokens, stamp));
  }

  /**
   * Gives an app a spec again that it had, with the image id that an older api may have let in.
   * @param specFor answers it for the spec that the app has; is called again when another change came between
   */
  async restore(
    appName: string,
    specFor: (spec: AppSpec) => AppSpec,
    intent: Intent,
  ): Promise<Made<LiveApp>> {
    return await this.changeLive(appName, intent, (app, stamp) => {
      const spec = this.secrets.meant(validSpec(specFor(app.spec), appName), app.spec);
      return respecified(app, spec, stamp, 'rolled back');
    });
  }

  /** The spec that is meant for an app that has another, or none. */
  private meant(given: AppSpec, previous: AppSpec | null): AppSpec {
    const problems = imageIdProblems(given, previous);
    if (problems.length > 0) throw invalidSpec(problems);
    return this.secrets.meant(given, previous);
  }

  private async changeLive<Next extends AppRecord>(
    appName: string,
    intent: Intent,
    decide: (app: LiveApp, stamp: Stamp) => Next,
  ): Promise<Made<Next>> {
    requireName(appName);
    const decideOnLive = (current: AppRecord | null) => {
      const app = live(appName, current);
      requirePreconditions(intent.expected, app);
      return decide(app, this.stamp(intent));
    };
    return await this.changes.make(appName, decideOnLive, intent);
  }

  private stamp({ caller, reason }: Intent): Stamp {
    return { now: instant(this.clock.now()), changedBy: caller.name, reason };
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
