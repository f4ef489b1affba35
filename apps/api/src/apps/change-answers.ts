import { Injectable } from '@nestjs/common';
import { Answer } from '../http/answer.js';
import { OrphansService } from '../orphans/orphans.service.js';
import { Publisher } from '../publishing/publisher.js';
import type { AppRecord } from '../store/app-store.js';
import { isLive } from './app-answer.js';
import { isCreation, type Made } from './app-changes.js';
import { etagOf } from './etag.js';
import { Previews } from './previews.service.js';

/** What a call that changes an app is answered with. */
@Injectable()
export class ChangeAnswers {
  constructor(
    private readonly previews: Previews,
    private readonly publisher: Publisher,
    private readonly orphans: OrphansService,
  ) {}

  /**
   * A dry run is answered as the change itself would be, with a preview beside.
   * @param done the answer when the change is made
   */
  async of<Next extends AppRecord>(made: Made<Next>, done: (after: Next) => Answer): Promise<Answer> {
    const { before, after, isDryRun } = made;
    const { status, body, headers } = done(isDryRun ? await this.foreseen(made) : after);
    if (!isDryRun) return new Answer(status, body, headers);
    const preview = await this.previews.of(made);
    // With the tag the change itself can be asked for on the condition that nobody came between.
    const tag = isLive(before) ? { etag: etagOf(before) } : {};
    return new Answer(status, { ...(body as object), preview }, { ...headers, ...tag });
  }

  /** With the revision that the change itself would make: a new app goes on from what feeds and workers have of its name. */
  private async foreseen<Next extends AppRecord>({ before, after }: Made<Next>): Promise<Next> {
    if (!isCreation(before, after)) return after;
    const held = before === null ? await this.orphans.latestOnWorkers(after.app_name) : null;
    return { ...after, revision: await this.publisher.foreseeCreation(after.app_name, held) };
  }
}
