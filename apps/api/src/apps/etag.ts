/** Entity tags as RFC 9110 has them. That of an app is its revision, which goes on when the name is used again. */

/** `*`, or the tags of a list. */
export type EtagCondition = '*' | readonly Etag[];

export interface Etag {
  weak: boolean;
  /** With its quotation marks. */
  opaque: string;
}

/** The strong tag of a revision. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
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

/** Comparison for `If-Match`: a weak tag matches nothing. */
export function matchesStrongly(condition: EtagCondition, revision: number): boolean {
  return condition === '*' || condition.some(({ weak, opaque }) => !weak && opaque === etagOf(revision));
}

/** Comparison for `If-None-Match`. */
export function matchesWeakly(condition: EtagCondition, revision: number): boolean {
  return condition === '*' || condition.some(({ opaque }) => opaque === etagOf(revision));
}
