import type { Applied } from './generated/types.gen.js';

/**
 * What a dry run of a document has looked at, for the `expected` of the document: it is refused with 412 then when any
 * of that is another meanwhile, and no app is deleted that was not there yet.
 * @param looked what `applyApps` has answered with `dry_run`
 */
export function expectedOf({ items }: Applied): Record<string, number | null> {
  return Object.fromEntries(
    items.flatMap(({ app_name, preview }) => (preview ? [[app_name, preview.revision]] : [])),
  );
}
