import type { DesiredStateMessage } from './desired-state.js';

/** What is told of a desired state in every version: its place in the order, and what tells it from another one there. */
export type Envelope = Pick<DesiredStateMessage, 'epoch' | 'revision' | 'digest'>;

/** A spec has fields that came with a version after this one, so what it means is not known. */
export class UnknownFieldsError extends Error {
  override readonly name = 'UnknownFieldsError';

  constructor(readonly fields: readonly string[]) {
    super(`the app has fields that only a newer version knows (${fields.join(', ')})`);
  }
}

/** A desired state of a newer version that this one may not act on. */
export class MessageTooNewError extends Error {
  override readonly name = 'MessageTooNewError';

  /** @param envelope null when it isn't told in the way that this version knows */
  constructor(
    minReader: number,
    readonly envelope: Envelope | null,
  ) {
    super(`its newest message is one of a newer version, which needs a reader of schema ${minReader}`);
  }
}
