import { comparePositions, MAX_MESSAGE_BYTES, type Position, parseDesiredState } from '@nebula/contracts';
import { decodedJson } from './decoded-json.js';

/** Messages that may be good are looked at closely when they are so large together, bytes. */
const CLOSER_LOOK_BYTES = 4 * MAX_MESSAGE_BYTES;

/** … or so many. */
const CLOSER_LOOK_COUNT = 64;

interface Candidate {
  /** Order of arrival. */
  number: number;
  position: Position;
  payload: unknown;
  /** Bytes that it had. */
  size: number;
}

/** A good candidate. */
interface Good extends Candidate {
  digest: string;
}

/**
 * Of the messages of one app that arrive one after the other, those that count: the one with the highest position as
 * far as it is a message at all, and what came last when that is none, so that it can be reported. It holds little,
 * however many arrive.
 */
export class NewestMessage {
  private arrived = 0;
  private candidates: Candidate[] = [];
  private bytes = 0;
  /** The last message that can't be good; null when a candidate came after it. */
  private garbage: { payload: unknown } | null = null;

  constructor(private readonly appName: string) {}

  get isEmpty(): boolean {
    return this.candidates.length === 0 && this.garbage === null;
  }

  add(content: Buffer): void {
    this.arrived += 1;
    const payload = content.length > MAX_MESSAGE_BYTES ? undefined : decodedJson(content);
    const position = positionIn(payload, this.appName);
    if (!position) {
      this.garbage = { payload };
      return;
    }
    this.garbage = null;
    this.candidates.push({ number: this.arrived, position, payload, size: content.length });
    this.bytes += content.length;
    if (this.bytes > CLOSER_LOOK_BYTES || this.candidates.length > CLOSER_LOOK_COUNT) this.lookCloser();
  }

  /** Takes out what counts, in the order in which it is to be handled; none when nothing has arrived since. */
  take(): unknown[] {
    // One alone hides nothing and has no rival. Its receiver checks it anyway, and that is what a message costs most.
    if (this.candidates.length > 1 || this.garbage) this.lookCloser();
    const payloads = this.candidates.map(({ payload }) => payload);
    if (this.garbage) payloads.push(this.garbage.payload);
    this.candidates = [];
    this.bytes = 0;
    this.garbage = null;
    return payloads;
  }

  /** Leaves the highest good candidate, with another of the same position, and what came last if it isn't good. */
  private lookCloser(): void {
    const last = this.candidates.at(-1);
    const byPosition = this.candidates.toSorted(
      (a, b) => comparePositions(b.position, a.position) || a.number - b.number,
    );
    let highest: Good | null = null;
    /** Two desired states have one position: whoever handles them is to see it. */
    let rival: Good | null = null;
    for (const candidate of byPosition) {
      if (highest && comparePositions(candidate.position, highest.position) < 0) break;
      const good = this.checked(candidate);
      if (!good) continue;
      highest ??= good;
      if (good.digest !== highest.digest) rival ??= good;
    }
    if (last && !this.checked(last)) this.garbage ??= { payload: last.payload };
    this.candidates = [highest, rival].flatMap((good) => (good ? [good] : []));
    this.bytes = this.candidates.reduce((sum, { size }) => sum + size, 0);
  }

  private checked(candidate: Candidate): Good | null {
    const parsed = parseDesiredState(candidate.payload);
    return parsed.ok ? { ...candidate, digest: parsed.value.digest } : null;
  }
}

/** Position of what may be a desired state of an app, null when it can't be one. */
function positionIn(payload: unknown, appName: string): Position | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const { epoch, revision, app_name } = payload as Record<string, unknown>;
  if (typeof epoch !== 'number' || typeof revision !== 'number' || app_name !== appName) return null;
  return { epoch, revision };
}
