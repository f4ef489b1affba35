import type { AppRecord } from '../store/app-store.js';

/**
 * Entity tags as RFC 9110 has them. That of an app is of its revision and of the time of that: a database that was
 * restored comes to the same revisions again, with other contents.
 */

/** What a tag is made of. */
export type Tagged = Pick<AppRecord, 'revision' | 'updated_at'>;

/** `*`, or the tags of a list. */
export type EtagCondition = '*' | readonly Etag[];

export interface Etag {
  weak: boolean;
  /** With its quotation marks. */
  opaque: string;
}

/** The strong tag of an app as it is. `etagOf` of the SDK makes the same. */
export function etagOf({ revision, updated_at }: Tagged): string {
  return `"${revision}-${Date.parse(updated_at).toString(36)}"`;
}

/** What follows a tag in a list: its end, or a comma with blanks and empty items around it. */
const ITEM = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,[ \t,]*|$)/y;

/** The value of `If-Match` or `If-None-Match`; null when it is neither `*` nor a list of tags. */
export function parseEtags(header: string): EtagCondition | null {
  const text = header.trim();
  if (text === '*') return '*';
  const tags: Etag[] = [];
  ITEM.lastIndex = /^[ \t,]*/.exec(text)?.[0].length ?? 0;
  while (ITEM.lastIndex < text.length) {
    const item = ITEM.exec(text);
    if (!item) return null;
    tags.push({ weak: item[1] !== undefined, opaque: item[2] ?? '' });
  }
  return tags.length === 0 ? null : tags;
}

/**
 * Comparison for `If-Match`: a weak tag matches nothing. The revision alone in quotation marks is taken, too, from whoever
 * has no more of the app than that; but for a restore it says the same.
 */
export function matchesStrongly(condition: EtagCondition, app: Tagged): boolean {
  const tags = [etagOf(app), `"${app.revision}"`];
  return condition === '*' || condition.some(({ weak, opaque }) => !weak && tags.includes(opaque));
}

/** Comparison for `If-None-Match`. Only the whole tag says that a copy is still the right one. */
export function matchesWeakly(condition: EtagCondition, app: Tagged): boolean {
  return condition === '*' || condition.some(({ opaque }) => opaque === etagOf(app));
}
