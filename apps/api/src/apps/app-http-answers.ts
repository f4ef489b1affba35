import { Answer, JsonText } from '../http/answer.js';
import { API_PREFIX } from '../http/api-prefix.js';
import { encodeCursor } from '../http/cursor.js';
import type { AppPage, AppRecord } from '../store/app-store.js';
import { isLive, type LiveApp, toAnswer } from './app-answer.js';
import { etagOf, matchesWeakly } from './etag.js';
import { type Preconditions, requirePreconditions } from './preconditions.js';

export function listAnswer({ items, next_after }: AppPage): Answer {
  const next_cursor = next_after === null ? null : encodeCursor(next_after);
  return new Answer(200, { items: items.filter(isLive).map(toAnswer), next_cursor });
}

export function appAnswer(app: LiveApp): Answer {
  return new Answer(200, toAnswer(app), { etag: etagOf(app) });
}

export function createdAnswer(app: LiveApp): Answer {
  const location = `/${API_PREFIX}/apps/${encodeURIComponent(app.app_name)}`;
  return new Answer(201, toAnswer(app), { etag: etagOf(app), location });
}

/** 304 when the client has this revision already. */
export function unlessUnchanged(app: LiveApp, { ifMatch, ifNoneMatch }: Preconditions): Answer {
  if (ifMatch) requirePreconditions({ ifMatch }, app);
  if (ifNoneMatch && matchesWeakly(ifNoneMatch, app)) {
    return new Answer(304, undefined, { etag: etagOf(app) });
  }
  return new Answer(200, textOf(app), { etag: etagOf(app) });
}

/** Texts of records that can't change: a store that hands out the same one again has found nothing new. */
const texts = new WeakMap<LiveApp, JsonText>();

function textOf(app: LiveApp): JsonText {
  const known = texts.get(app);
  if (known) return known;
  const text = new JsonText(JSON.stringify(toAnswer(app)));
  if (Object.isFrozen(app)) texts.set(app, text);
  return text;
}

/** A wish that workers will follow. */
export function accepted(app: AppRecord): Answer {
  const { app_name, revision, deleted } = app;
  const headers: Record<string, string> = deleted ? {} : { etag: etagOf(app) };
  return new Answer(202, { app_name, revision }, headers);
}
