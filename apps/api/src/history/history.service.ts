import { type AppSpec, diffSpecs, maskSpec, parseAppName, type SpecChange } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { appNotFound, secretsUnreadable } from '../apps/app-problems.js';
import { type AppRecord, AppStore, type Revision, type RevisionSummary } from '../store/app-store.js';
import { replacedRevisions } from '../store/secrets/every-revision.js';
import { requireSecrets } from '../store/secrets/seal-record.js';
import { SecretsUnreadableError } from '../store/secrets/secret-errors.js';
import { deletedThen, previousGone, revisionNotFound } from './history-problems.js';
import { readRevision } from './history-query.js';

export interface RevisionPage {
  items: RevisionSummary[];
  /** The last revision of the page when there may be more, else null. */
  next_before: number | null;
}

export interface RevisionDiff {
  app_name: string;
  /** Null when there was nothing before. */
  from: number | null;
  to: number;
  changes: SpecChange[];
}

/**
 * What an app was: the revisions that were replaced, and the current one. Also of a deleted app, for as long as it is
 * remembered. Every call throws `ProblemError` for an app or a revision that isn't there, and `StoreUnavailableError`
 * when the store is away.
 */
@Injectable()
export class HistoryService {
  constructor(private readonly store: AppStore) {}

  /** The newest first. */
  async list(appName: string, { limit, before }: { limit: number; before?: number }): Promise<RevisionPage> {
    const current = await this.current(appName);
    const isFirst = before === undefined || before > current.revision;
    // What is replaced meanwhile is above, and was read already.
    const replaced = await this.store.revisions(appName, {
      limit: isFirst ? limit : limit + 1,
      before: isFirst ? current.revision : before,
    });
    const found = isFirst ? [summaryOf(current), ...replaced] : replaced;
    const items = found.slice(0, limit);
    return { items, next_before: found.length > limit ? (items.at(-1)?.revision ?? null) : null };
  }

  /**
   * Masked: also what was no secret then and is one in another revision. That is among `secret_env_vars` here, so that
   * the spec, sent back, keeps the value that the app has or is refused, and gives no app the mask for a value.
   */
  async get(appName: string, revision: string): Promise<Revision> {
    const current = await this.current(appName);
    const number = readRevision(revision);
    if (number === null) throw revisionNotFound(revision);
    const found = await this.at(current, number);
    const secrets = await this.secretsAmong(readable(found.spec), current);
    return { ...found, spec: found.spec && masked(found.spec, secrets) };
  }

  /** The spec that an app had, with the values of its secrets; for those who give it to the app again. */
  async specOf(current: AppRecord, revision: number): Promise<AppSpec> {
    const found = await this.at(current, revision);
    if (!found.spec) throw deletedThen(current.app_name, revision);
    requireReadable(found);
    return found.spec;
  }

  /**
   * What differs between two revisions, in whatever order they are.
   * @param to the current one when absent
   * @param from the one before `to` when absent
   * @throws {ProblemError} also when a secret of either can't be read: whether it is another isn't known
   */
  async diff(appName: string, from: number | undefined, to: number | undefined): Promise<RevisionDiff> {
    const current = await this.current(appName);
    const later = await this.at(current, to ?? current.revision);
    const earlier = from === undefined ? await this.previous(later) : await this.at(current, from);
    for (const revision of [earlier, later]) if (revision) requireReadable(revision);
    const [before, after] = [earlier?.spec ?? null, later.spec];
    const shown = [...new Set([...readable(before), ...readable(after)])].filter(
      (name) => before?.env_vars[name] !== after?.env_vars[name],
    );
    const secrets = await this.secretsAmong(shown, current);
    return {
      app_name: appName,
      from: earlier?.revision ?? null,
      to: later.revision,
      changes: diffSpecs(before, after, secrets),
    };
  }

  private async current(appName: string): Promise<AppRecord> {
    const record = parseAppName(appName).ok ? await this.store.get(appName) : null;
    if (record === null) throw appNotFound(appName);
    return record;
  }

  private async at(current: AppRecord, revision: number): Promise<Revision> {
    if (revision === current.revision) return current;
    // One that is higher is of a time that the restore of a backup has undone.
    const found = revision < current.revision ? await this.store.revision(current.app_name, revision) : null;
    if (!found) throw revisionNotFound(revision);
    return found;
  }

  /**
   * Those of these variables, in their order, that had the value that stands beside them as a secret, now or in any
   * revision that is kept. What can't be read may be it. Revisions are read, once for all of them, only where one of them
   * has ever been a secret.
   */
  async wereSecrets(current: AppRecord, values: ReadonlyMap<string, string>): Promise<string[]> {
    const everSecret = await this.secretsAmong([...values.keys()], current);
    const unknown = new Map([...values].filter(([name]) => everSecret.includes(name)));
    if (unknown.size === 0) return [];
    for await (const { spec, unreadable_secrets } of this.kept(current)) {
      for (const name of spec?.secret_env_vars ?? []) {
        const value = unknown.get(name);
        if (value === undefined) continue;
        if (spec?.env_vars[name] === value || unreadable_secrets?.[name] !== undefined) unknown.delete(name);
      }
      if (unknown.size === 0) break;
    }
    return everSecret.filter((name) => !unknown.has(name));
  }

  /**
   * Those of these variables that are a secret now or in any revision that is kept: the value may be the same in others,
   * also when the variable is gone since, or the app. Those that are older than the first to know a secret are forgotten
   * before it is. The history is asked, not read, and only for what is no secret now.
   */
  private async secretsAmong(names: readonly string[], current: AppRecord): Promise<string[]> {
    const secrets = new Set(current.spec?.secret_env_vars);
    if (names.some((name) => !secrets.has(name)))
      for (const name of await this.store.secretNames(current.app_name, current.revision)) secrets.add(name);
    return names.filter((name) => secrets.has(name));
  }

  /** All revisions that are kept, the newest first. */
  private async *kept(current: AppRecord): AsyncGenerator<Revision> {
    yield current;
    yield* replacedRevisions(this.store, current.app_name, current.revision);
  }

  private async previous({ app_name, revision, change }: Revision): Promise<Revision | null> {
    const [previous] = await this.store.revisions(app_name, { limit: 1, before: revision });
    const found = previous ? await this.store.revision(app_name, previous.revision) : null;
    if (found) return found;
    // Of the first revision of all there is nothing before; of others it is forgotten.
    if (revision > 1 && change !== 'created') throw previousGone(app_name, revision);
    return null;
  }
}

function summaryOf({ spec: _spec, tokens: _tokens, ...summary }: Revision): RevisionSummary {
  return summary;
}

/** Variables whose values would be shown. */
function readable(spec: AppSpec | null): string[] {
  return Object.keys(spec?.env_vars ?? {}).filter((name) => !spec?.secret_env_vars.includes(name));
}

function masked(spec: AppSpec, alsoSecret: readonly string[]): AppSpec {
  return maskSpec({ ...spec, secret_env_vars: [...spec.secret_env_vars, ...alsoSecret] });
}

/** @throws {ProblemError} when the value of a secret can't be read, so that it can't be given to the app or compared */
function requireReadable(revision: Revision): void {
  try {
    requireSecrets(revision);
  } catch (error) {
    throw error instanceof SecretsUnreadableError ? secretsUnreadable(error) : error;
  }
}
