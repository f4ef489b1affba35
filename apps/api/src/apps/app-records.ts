import { type AppSpec, canonicalJson, NO_TOKENS, type Tokens } from '@nebula/contracts';
import type { AppRecord } from '../store/app-store.js';
import type { LiveApp } from './app-answer.js';

/** The next record of an app. Each has a revision of its own; what changes nothing gives the same object back. */

/**
 * A new app.
 * @param before tombstone of an earlier app of that name, whose revision and tokens go on
 * @param firstRevision the least that the revision may be
 * @param now ISO 8601
 */
export function created(
  spec: AppSpec,
  before: AppRecord | null,
  firstRevision: number,
  now: string,
): LiveApp {
  return {
    app_name: spec.app_name,
    spec,
    revision: Math.max(firstRevision, (before?.revision ?? 0) + 1),
    tokens: before?.tokens ?? NO_TOKENS,
    deleted: false,
    created_at: now,
    updated_at: now,
    published: {},
  };
}

/** The app with another spec. */
export function respecified(app: LiveApp, spec: AppSpec, now: string): LiveApp {
  if (canonicalJson(spec) === canonicalJson(app.spec)) return app;
  return { ...app, spec, revision: app.revision + 1, updated_at: now };
}

/** The app with a wish that workers grant once: its tokens are the new revision. */
export function wished(app: LiveApp, tokens: readonly (keyof Tokens)[], now: string): LiveApp {
  const revision = app.revision + 1;
  const asked = Object.fromEntries(tokens.map((token) => [token, revision]));
  return { ...app, tokens: { ...app.tokens, ...asked }, revision, updated_at: now };
}

/** The tombstone of an app. */
export function deleted(app: LiveApp, now: string): AppRecord {
  return { ...app, spec: null, deleted: true, revision: app.revision + 1, updated_at: now };
}

/** The tombstone of an app of which there is no record. */
export function deletedOrphan(app_name: string, revision: number, now: string): AppRecord {
  const times = { created_at: now, updated_at: now };
  return { app_name, spec: null, revision, tokens: NO_TOKENS, deleted: true, ...times, published: {} };
}
