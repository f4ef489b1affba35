import { comparePositions, type DesiredStateMessage, type Position } from '@nebula/contracts';

/** What tells one desired state of an app from another. */
export interface SeenState extends Position {
  /** Null where two that differ were seen at this position: the database has one of them at most. */
  digest: string | null;
}

/**
 * The highest desired state of each app that was ever read from a feed. It was in the database before it was in
 * the feed, so a database that is behind it was put back to an older state, even when its newer messages have
 * hidden the proof at the end of the stream.
 */
export class SeenInFeed {
  private readonly states = new Map<string, SeenState>();

  get size(): number {
    return this.states.size;
  }

  of(appName: string): SeenState | null {
    return this.states.get(appName) ?? null;
  }

  /** Takes what was read into account, null for nothing. Answers the highest. */
  note(appName: string, read: DesiredStateMessage | null): SeenState | null {
    const known = this.of(appName);
    if (!read || (known && comparePositions(read, known) <= 0 && !isOther(read, known))) return known;
    const { epoch, revision } = read;
    const state = { epoch, revision, digest: known && isOther(read, known) ? null : read.digest };
    this.states.set(appName, state);
    return state;
  }
}

/** One position with another digest: the one that the database doesn't have is the proof, whichever came last. */
function isOther(read: SeenState, known: SeenState): boolean {
  return comparePositions(read, known) === 0 && read.digest !== known.digest;
}
