import { WakeTimer } from './wake-timer.js';

/** Between the end of a look and the next one, milliseconds. */
const AGAIN_AFTER = 1_000;

/**
 * Looks again and again at what is under way, one look at a time: the engine lets it wait for the very containers that are
 * being worked on.
 *
 * @param look never rejects.
 * @returns what ends it.
 */
export function lookOn(look: () => Promise<void>): () => void {
  let ended = false;
  const again = async (): Promise<void> => {
    await look();
    if (!ended) timer.set(AGAIN_AFTER);
  };
  const timer = new WakeTimer(() => void again());
  timer.set(AGAIN_AFTER);
  return () => {
    ended = true;
    timer.clear();
  };
}
