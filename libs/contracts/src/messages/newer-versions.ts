/** A spec has fields that came with a version after this one, so what it means is not known. */
export class UnknownFieldsError extends Error {
  override readonly name = 'UnknownFieldsError';

  constructor(readonly fields: readonly string[]) {
    super(`the app has fields that only a newer version knows (${fields.join(', ')})`);
  }
}
