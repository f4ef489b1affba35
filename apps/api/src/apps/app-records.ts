import { type AppSpec, canonicalJson, NO_TOKENS, type Tokens } from '@nebula/contracts';
import type { AppRecord, Change, ChangeNote } from '../store/app-store.js';
import type { LiveApp } from './app-answer.js';

/** The next record of an app. Each has a revision of its own; what changes nothing gives the same object back. */

/** Who makes a record, when and why. */
export interface Stamp {
  /** ISO 8601. */
  now: string;
  changedBy: string;
  reason: string | null;
}

/**
 * A new app.
 * @param before tombstone of an earlier app of that name, whose revision and tokens go on
 * @param firstRevision the least that the revision may be
 */
export function created(
  spec: AppSpec,
  before: AppRecord | null,
  firstRevision: number,
  stamp: Stamp,
): LiveApp {
  return {
    app_name: spec.app_name,
    spec,
    revision: Math.max(firstRevision, (before?.revision ?? 0) + 1),
    tokens: before?.tokens ?? NO_TOKENS,
    deleted: false,
    created_at: stamp.now,
    updated_at: stamp.now,
    published: {},
    ...noteOf(stamp, 'created'),
  };
}

/** The app with another spec. */
export function respecified(app: LiveApp, spec: AppSpec, stamp: Stamp, change: Change): LiveApp {
  if (isSame(spec, app.spec)) return app;
  return { ...app, spec, ...next(app, stamp, change) };
}

/** What the history calls a wish. */
const WISHED: Readonly<Record<keyof Tokens, Change>> = {
  restart: 'restarted',
  release: 'released',
  roll: 'rolled',
  prune: 'pruned',
};

/** The app with a wish that workers grant once: its tokens are the new revision. The first names the wish. */
export function wished(
  app: LiveApp,
  tokens: readonly [keyof Tokens, ...(keyof Tokens)[]],
  stamp: Stamp,
): LiveApp {
  const change = next(app, stamp, WISHED[tokens[0]]);
  const asked = Object.fromEntries(tokens.map((token) => [token, change.revision]));
  return { ...app, tokens: { ...app.tokens, ...asked }, ...change };
}

/** The tombstone of an app. */
export function deleted(app: LiveApp, stamp: Stamp): AppRecord {
  return { ...app, spec: null, deleted: true, ...next(app, stamp, 'deleted') };
}

/** The tombstone of an app of which there is no record. */
export function deletedOrphan(app_name: string, revision: number, stamp: Stamp): AppRecord {
  return {
    ...{ app_name, spec: null, revision, tokens: NO_TOKENS, deleted: true, published: {} },
    ...{ created_at: stamp.now, updated_at: stamp.now },
    ...noteOf(stamp, 'deleted'),
  };
}

function next({ revision }: AppRecord, stamp: Stamp, change: Change) {
  return { revision: revision + 1, updated_at: stamp.now, ...noteOf(stamp, change) };
}

/** Field by field, since the first that differs is enough. */
function isSame(spec: AppSpec, other: AppSpec): boolean {
  const fields = Object.keys({ ...spec, ...other }) as (keyof AppSpec)[];
  return fields.every(
    (field) => spec[field] === other[field] || canonicalJson(spec[field]) === canonicalJson(other[field]),
  );
}

function noteOf({ changedBy, reason }: Stamp, change: Change): ChangeNote {
  return { changed_by: changedBy, reason, change };
}
