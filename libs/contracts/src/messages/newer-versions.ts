/** A spec has what came with a version after this one, so what it means is not known. */
export class UnknownFieldsError extends Error {
  override readonly name = 'UnknownFieldsError';

  /** @param fields that are not known, or have an unknown value; members of one behind a dot */
  constructor(readonly fields: readonly string[]) {
    super(`only a newer version knows what the app has in ${fields.join(', ')}`);
  }
}
