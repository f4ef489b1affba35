import type { AppSpec } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import type { LiveApp } from '../apps/app-answer.js';
import type { Made } from '../apps/app-changes.js';
import { invalidSpec } from '../apps/app-problems.js';
import { AppsService } from '../apps/apps.service.js';
import type { Intent } from '../apps/intent.js';
import { requirePreconditions } from '../apps/preconditions.js';
import { HistoryService } from './history.service.js';

/** Gives apps specs again that they had. */
@Injectable()
export class RollbackService {
  constructor(
    private readonly apps: AppsService,
    private readonly history: HistoryService,
  ) {}

  /**
   * Makes a new revision with the spec of an old one, with the values that its secrets had. It has to be valid by today's
   * rules. Tokens go on: what was restarted once isn't again.
   * @throws {ProblemError} as other changes, and when there is no such revision
   */
  async rollBack(appName: string, to: number, intent: Intent): Promise<Made<LiveApp>> {
    const current = await this.apps.get(appName);
    requirePreconditions(intent.expected, current.revision);
    const old = await this.history.specOf(current, to);
    const again = (spec: AppSpec) => {
      refuseReadableSecrets(spec, old);
      return old;
    };
    return await this.apps.respecify(appName, again, 'rolled back', intent);
  }
}

/**
 * What became a secret after it was none must not become readable by going back to before.
 * @throws {ProblemError} with each variable of which that is so
 */
function refuseReadableSecrets(now: AppSpec, old: AppSpec): void {
  const readable = now.secret_env_vars.filter(
    (name) => !old.secret_env_vars.includes(name) && now.env_vars[name] === old.env_vars[name],
  );
  if (readable.length === 0) return;
  const message = 'is a secret now and was none then, with the same value; give it a new value first';
  const errors = readable.map((name) => ({
    pointer: `/env_vars/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    message,
  }));
  throw invalidSpec(errors);
}
