/**
 * The tag of an app, for `If-Match`: a change with it is refused with 412 when somebody else was faster.
 * @param app what the api has answered. Without `updated_at`, as of a wish, the tag is good for `If-Match` alone, and is
 *   also that of another state which has the same revision after the restore of a backup.
 */
export function etagOf({ revision, updated_at }: { revision: number; updated_at?: string }): string {
  return updated_at === undefined ? `"${revision}"` : `"${revision}-${Date.parse(updated_at).toString(36)}"`;
}
