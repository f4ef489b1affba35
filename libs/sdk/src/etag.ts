/**
 * The tag of a revision, for `If-Match`: a change with it is refused with 412 when somebody else was faster.
 * @param app what the api has answered
 */
export function etagOf({ revision }: { revision: number }): string {
  return `"${revision}"`;
}
