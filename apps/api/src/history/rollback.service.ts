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
   * rules, but for an image id. Tokens go on: what was restarted once isn't again.
   * @throws {ProblemError} as other changes, and when there is no such revision
   */
  async rollBack(appName: string, to: number, intent: Intent): Promise<Made<LiveApp>> {
    const current = await this.apps.get(appName);
    requirePreconditions(intent.expected, current);
    const old = await this.history.specOf(current, to);
    await this.refuseReadableSecrets(current, old);
    const again = (spec: AppSpec) => {
      // What became one since the history was looked at.
      refuse(plainIn(old).filter((name) => isSecretIn(spec, name, old.env_vars[name])));
      return old;
    };
    return await this.apps.restore(appName, again, intent);
  }

  /**
   * What became a secret after it was none must not become readable by going back to before, also when it is none any
   * more: the history keeps it masked.
   * @throws {ProblemError} with each variable of which that is so
   */
  private async refuseReadableSecrets(current: LiveApp, old: AppSpec): Promise<void> {
    const shown = new Map<string, string>();
    for (const name of plainIn(old)) {
      const value = old.env_vars[name];
      if (value !== undefined && !isShown(current.spec, name, value)) shown.set(name, value);
    }
    refuse(await this.history.wereSecrets(current, shown));
  }
}

function plainIn({ env_vars, secret_env_vars }: AppSpec): string[] {
  return Object.keys(env_vars).filter((name) => !secret_env_vars.includes(name));
}

function isSecretIn(
  { env_vars, secret_env_vars }: AppSpec,
  name: string,
  value: string | undefined,
): boolean {
  return secret_env_vars.includes(name) && env_vars[name] === value;
}

/** Whether everybody reads this value in the app as it is, so that going back shows nothing new. */
function isShown({ env_vars, secret_env_vars }: AppSpec, name: string, value: string): boolean {
  return env_vars[name] === value && !secret_env_vars.includes(name);
}

/** @throws {ProblemError} when there are such variables */
function refuse(readable: readonly string[]): void {
  if (readable.length === 0) return;
  const message =
    'would become readable: it was a secret since, with the same value; change the app in place of going back';
  const errors = readable.map((name) => ({
    pointer: `/env_vars/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    message,
  }));
  throw invalidSpec(errors);
}
