import type { Clock } from '../clock.js';

/** A reading that took less is not kept: a new one is as quick, and never old. Milliseconds. */
const WORTH_KEEPING_MS = 100;

/** So long an answer waits for a new reading before it takes the last one, milliseconds. */
const PATIENCE_MS = 100;

/** Between two readings passes so many times what the first one took: three quarters of a slow store are for others. */
const REST = 3;

/** No answer is older, milliseconds. */
export const MOST_OLD_MS = 15_000;

/** So many readings are kept, of what was asked in the last `MOST_OLD_MS`. */
const KEPT = 50;

/** What a store said. */
export interface Reading<T> {
  value: T;
  /** When the store was asked, milliseconds since 1970: what happened since then may be missing. */
  as_of: number;
  /** The same by the monotonic clock. */
  begun: number;
  /** How long the answer took, milliseconds. */
  took: number;
}

interface Question<T> {
  kept: Reading<T> | null;
  running: Promise<Reading<T>> | null;
}

/**
 * Lets many ask a store the same at a cost that doesn't grow with them. Those who ask while the same is being read get
 * what that brings. Where a reading takes long, the last one is the answer for a bounded time: while the store rests,
 * and while a new one goes on.
 */
export class RecentReadings<T> {
  private readonly questions = new Map<string, Question<T>>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /**
   * @param key says what is asked
   * @param read asks the store
   * @param notBefore by the monotonic clock, milliseconds: an answer from before is none
   * @throws what `read` throws when there is no other answer
   */
  async ask(key: string, read: () => Promise<T>, notBefore = Number.NEGATIVE_INFINITY): Promise<Reading<T>> {
    for (;;) {
      const question = this.questions.get(key) ?? { kept: null, running: null };
      this.questions.set(key, question);
      const kept = question.kept && isUsable(question.kept, notBefore) ? question.kept : null;
      if (kept && performance.now() < restsUntil(kept)) return kept;
      const running = (question.running ??= this.begin(key, question, read));
      const reading = await (kept ? quickOr(running, kept) : running);
      // One that was under way can have begun too early.
      if (reading.begun >= notBefore) return reading;
    }
  }

  private async begin(key: string, question: Question<T>, read: () => Promise<T>): Promise<Reading<T>> {
    const as_of = this.clock.now();
    const begun = performance.now();
    try {
      const value = await read();
      const reading = { value, as_of, begun, took: performance.now() - begun };
      this.keep(key, question, reading);
      return reading;
    } finally {
      question.running = null;
      if (!question.kept) this.questions.delete(key);
    }
  }

  private keep(key: string, question: Question<T>, reading: Reading<T>): void {
    const isWorth = reading.took >= WORTH_KEEPING_MS && this.questions.size <= KEPT;
    question.kept = isWorth ? reading : null;
    if (!isWorth) return;
    const forget = () => {
      if (question.kept !== reading) return;
      question.kept = null;
      if (!question.running && this.questions.get(key) === question) this.questions.delete(key);
    };
    setTimeout(forget, MOST_OLD_MS).unref();
  }
}

function isUsable({ begun }: Reading<unknown>, notBefore: number): boolean {
  return begun >= notBefore && performance.now() - begun < MOST_OLD_MS;
}

/** It ends so early that the next reading, if it takes no longer, is there before this one is too old. */
function restsUntil({ begun, took }: Reading<unknown>): number {
  return begun + took + Math.min(REST * took, MOST_OLD_MS - 3 * took);
}

/** What is running if it comes soon, else, or if it fails, what is kept. */
async function quickOr<T>(running: Promise<Reading<T>>, kept: Reading<T>): Promise<Reading<T>> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<Reading<T>>((resolve) => {
    timer = setTimeout(() => resolve(kept), PATIENCE_MS);
  });
  try {
    return await Promise.race([running.catch(() => kept), patience]);
  } finally {
    clearTimeout(timer);
  }
}
