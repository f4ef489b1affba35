import { Injectable } from '@nestjs/common';
import { maySee } from '../access/caller.js';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { AppStore } from '../store/app-store.js';
import { isLive } from './app-answer.js';
import { AppsService } from './apps.service.js';
import type { Intent } from './intent.js';
import { inParallel, MANY_APPS_LIMIT_MS } from './many-apps.js';
import { type Preview, Previews } from './previews.service.js';

/** Apps that are read at a time. */
const PAGE = 100;

/** What became of one app. */
export interface PruneAnswer {
  app_name: string;
  /** The revision that workers are on their way to; null when it was not changed. */
  revision: number | null;
  /** Why it can't be changed; null when it was, or would be. */
  error: string | null;
  /** Of a dry run alone, where it can be changed. */
  preview?: Preview;
}

/** Has every worker remove the images that it doesn't need any more. */
@Injectable()
export class PruneService {
  constructor(
    private readonly store: AppStore,
    private readonly apps: AppsService,
    private readonly previews: Previews,
  ) {}

  /**
   * Asks by every app that the caller may see, as any of them may be the only one of a server. An app that can't be changed hinders no other.
   *
   * @throws {StoreUnavailableError} when the store is away; some may have been asked then
   */
  async pruneAll(intent: Intent): Promise<PruneAnswer[]> {
    const deadline = performance.now() + MANY_APPS_LIMIT_MS;
    return await inParallel(await this.names(intent), (name) => this.prune(name, intent, deadline));
  }

  private async names({ caller }: Intent): Promise<string[]> {
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await this.store.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      const seen = page.items.filter(isLive).filter(({ app_name }) => maySee(caller, app_name));
      names.push(...seen.map(({ app_name }) => app_name));
      after = page.next_after ?? undefined;
    } while (after !== undefined);
    return names;
  }

  private async prune(app_name: string, intent: Intent, deadline: number): Promise<PruneAnswer> {
    try {
      if (performance.now() > deadline) throw notBegun();
      const made = await this.apps.wish(app_name, ['prune'], intent);
      if (!made.isDryRun) return { app_name, revision: made.after.revision, error: null };
      return { app_name, revision: null, error: null, preview: await this.previews.of(made) };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return { app_name, revision: null, error: error.message };
    }
  }
}

function notBegun(): ProblemError {
  const detail = `It was not begun with, as the others took ${MANY_APPS_LIMIT_MS / 1_000} s; prune once more.`;
  return new ProblemError(PROBLEMS.timedOut, { detail });
}
