import { type Boot, SILENT_INTERVALS } from '../store/fleet-records.js';

/** So many boots of a worker are remembered. */
const REMEMBERED = 4;

/** What an older boot has under way may arrive for so long behind the newer one's first message, milliseconds. */
const LATE_MS = 10_000;

/** Within so many intervals an older boot that is heard of again makes two workers of one. */
export const FEW_INTERVALS = 5;

/** Returns of an older boot from which on it is taken for a second worker. */
const RETURNS_OF_ANOTHER = 2;

/**
 * So many of the remembered boots that were heard of before make many workers of one. With more of them than are
 * remembered, each is forgotten before it is heard of again, but none is heard of from its first message on.
 * Those of a worker that ends soon after each of its starts are.
 */
const RETURNED_OF_MANY = 3;

export interface PlacedBoot {
  boots: Boot[];
  /** The message is of the boot that counts, which is then the first. */
  current: boolean;
  /** Two workers send under one id. */
  duplicate: boolean;
}

/** What of a message places it among the boots of its worker. */
interface Origin {
  boot_nonce: string;
  sequence: number;
}

/**
 * Places a message among the boots of its worker, and says whether several workers send under one id.
 * See `place` and `RETURNED_OF_MANY`.
 */
export function placeBoot(
  boots: readonly Boot[],
  origin: Origin,
  intervalMs: number,
  now: number,
): PlacedBoot {
  const placed = place(boots, origin, intervalMs, now);
  const lately = now - FEW_INTERVALS * intervalMs;
  const returned = placed.boots.filter(
    ({ lowest, returns, first_seen_at }) => (lowest > 1 || returns > 0) && first_seen_at >= lately,
  );
  return { ...placed, duplicate: placed.duplicate || returned.length >= RETURNED_OF_MANY };
}

/**
 * Places a message among the boots of its worker, newest first. Which of two boots is the newer one is decided by
 * which was heard of first, never by a clock of the worker's. When the current one has been silent for long, the
 * one that speaks is the current one, whatever came before: of two workers with one id the other has ended, or
 * the machine was put back to an older state of its memory.
 */
function place(
  before: readonly Boot[],
  { boot_nonce: nonce, sequence }: Origin,
  intervalMs: number,
  now: number,
): PlacedBoot {
  const boots = before.map((boot) =>
    boot.nonce === nonce && sequence < boot.lowest ? { ...boot, lowest: sequence } : boot,
  );
  const [current] = boots;
  const known = boots.find((boot) => boot.nonce === nonce);
  if (!known || !current)
    return {
      boots: withNew(boots, nonce, { sequence, lowest: sequence }, now),
      current: true,
      duplicate: false,
    };
  const others = boots.filter((boot) => boot !== known);
  const isNews = sequence > known.sequence;
  if (known === current && isNews) {
    return { boots: [{ ...known, sequence, seen_at: now }, ...others], current: true, duplicate: false };
  }
  if (now - current.seen_at >= SILENT_INTERVALS * intervalMs) {
    const heard = { sequence, lowest: known.lowest };
    return { boots: withNew(others, nonce, heard, now, current.number), current: true, duplicate: false };
  }
  if (known === current) return { boots: [...boots], current: true, duplicate: false };
  if (!isNews || now - current.first_seen_at < LATE_MS) {
    return {
      boots: replaced(boots, known, { ...known, sequence: Math.max(sequence, known.sequence) }),
      ...OLDER,
    };
  }
  const lately = now - known.seen_at <= FEW_INTERVALS * intervalMs;
  const returned = { ...known, sequence, seen_at: now, returns: lately ? known.returns + 1 : 1 };
  return {
    boots: replaced(boots, known, returned),
    current: false,
    duplicate: returned.returns >= RETURNS_OF_ANOTHER,
  };
}

const OLDER = { current: false, duplicate: false };

function withNew(
  others: readonly Boot[],
  nonce: string,
  heard: Pick<Boot, 'sequence' | 'lowest'>,
  now: number,
  highest = others[0]?.number ?? numberBefore(now),
): Boot[] {
  const seen = { first_seen_at: now, seen_at: now };
  const boot = { nonce, number: highest + 1, ...heard, heartbeat: -1, returns: 0, ...seen };
  return [boot, ...others].slice(0, REMEMBERED);
}

/**
 * Of a worker that is not known, so that its first boot has a higher number than any of its reports that somebody has
 * kept of an earlier life, after which it was forgotten: they would count as newer. No worker boots once a second.
 */
function numberBefore(now: number): number {
  return Math.floor(now / 1_000);
}

function replaced(boots: readonly Boot[], old: Boot, by: Boot): Boot[] {
  return boots.map((boot) => (boot === old ? by : boot));
}
