import { type AppSpec, diffSpecs, maskSpec, type SpecChange, type Tokens } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { type AppRecord, AppStore, type Change } from '../store/app-store.js';
import type { AppOverview } from '../store/fleet-records.js';
import { FleetReader } from '../workers/fleet-reader.js';
import { Listening } from '../workers/listening.js';
import { isLive } from './app-answer.js';
import type { Made } from './app-changes.js';

/**
 * What a change means for the containers of an app. `made`: where there are none, they are started. `removed`: all of
 * them. `replaced`: each is made anew. `changed in place`: they go on. `left alone`: those that stay are not touched.
 * `taken over`: of an orphan's, those that are as the spec says stay, which its workers alone know; all others are replaced.
 */
export const CONTAINER_EFFECTS = [
  'made',
  'removed',
  'replaced',
  'changed in place',
  'left alone',
  'taken over',
] as const;
export type ContainerEffect = (typeof CONTAINER_EFFECTS)[number];

/** What a change would do. */
export interface Preview {
  /** What would be done; `unchanged` when there is nothing to do, and no revision would be made. */
  result: Change | 'unchanged';
  /** The revision that was looked at; null when there was never one. */
  revision: number | null;
  /** The spec that would result, secrets masked; null when the app would be deleted. */
  spec: AppSpec | null;
  diff: SpecChange[];
  containers: ContainerEffect;
  /** Pointers of what differs and replaces containers. */
  replaced_by: string[];
  /** Workers that run the app, by their last reports. */
  workers: { all: number; offline: number };
}

/** Says what a change would do, without doing it. */
@Injectable()
export class Previews {
  constructor(
    private readonly apps: AppStore,
    private readonly fleet: FleetReader,
    private readonly listening: Listening,
  ) {}

  /** @throws {StoreUnavailableError} when the store is away */
  async of({ before, after }: Made<AppRecord>): Promise<Preview> {
    const was = isLive(before) ? before.spec : null;
    const diff = diffSpecs(was, after.spec);
    const { states, revisions } = await this.overviewOf(after.app_name, before);
    // Deleted without a record is nothing but an orphan, which a stream alone may have.
    const isOrphan = before === null && (after.deleted || revisions.some(({ revision }) => revision > 0));
    return {
      result: after === before ? 'unchanged' : (after.change ?? 'changed'),
      revision: before?.revision ?? null,
      spec: after.spec && maskSpec(after.spec),
      diff,
      containers: isOrphan ? effectOnOrphan(after) : containerEffect(before, after, diff),
      replaced_by: diff.filter(({ effect }) => effect === 'replaces').map(({ pointer }) => pointer),
      workers: counted(states),
    };
  }

  /** Without a record, workers on which nothing of an app is left have none to tell of. */
  private async overviewOf(app_name: string, before: AppRecord | null): Promise<AppOverview> {
    const position = { epoch: await this.apps.epoch(), revision: before?.revision ?? 0 };
    const view = { app_name, position, deleted: before === null, silence: this.listening.silence() };
    return (await this.fleet.overview(view)).value;
  }
}

function counted(states: AppOverview['states']): Preview['workers'] {
  const all = Object.values(states).reduce((sum, workers) => sum + workers, 0);
  return { all, offline: states.offline };
}

/** Tokens that workers grant by making containers anew. */
const REPLACING: readonly (keyof Tokens)[] = ['restart', 'release', 'roll'];

/** By which spec its containers were made is known to its workers alone. */
function effectOnOrphan({ spec }: AppRecord): ContainerEffect {
  return spec?.running === true ? 'taken over' : 'removed';
}

function containerEffect(
  before: AppRecord | null,
  after: AppRecord,
  diff: readonly SpecChange[],
): ContainerEffect {
  const [ran, runs] = [before?.spec?.running ?? false, after.spec?.running ?? false];
  if (!runs) return ran ? 'removed' : 'left alone';
  if (!ran) return 'made';
  const isWished = REPLACING.some((token) => after.tokens[token] !== before?.tokens[token]);
  const effects = new Set(diff.map(({ effect }) => effect));
  if (isWished || effects.has('replaces')) return 'replaced';
  return effects.has('in place') ? 'changed in place' : 'left alone';
}
