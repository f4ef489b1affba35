/**
 * Whether a change costs the api the same, however many consumers there are.
 */
import { line } from '../../report/lines.mjs';
import { median } from '../../report/statistics.mjs';

/** @import { Line } from '../../report/lines.mjs' */
/** @import { Step } from './publish-part.mjs' */

/**
 * The consumers share the processor with the broker, so the bare operations get slower with them, too: what counts is
 * whether ours does so more than they do.
 */
const MAY_GROW_BY = 1.25;

/**
 * The time with the most consumers over that with none.
 * @param {string} database
 * @param {readonly Step[]} steps by the number of consumers, ascending
 * @returns {Line[]} none without two steps
 */
export function flatnessOf(database, steps) {
  const first = steps[0];
  const last = steps.at(-1);
  if (!first || !last || first === last) return [];
  /** @param {Step} step */
  const ours = ({ samples }) => median(samples.map(({ confirmed }) => confirmed));
  /** @param {Step} step */
  const bare = ({ samples }) => median(samples.map(({ raw_append, raw_write }) => raw_append + raw_write));
  return [
    line({
      part: 'publish',
      what: `${database}: request to confirmation, p50, ${last.consumers} ÷ ${first.consumers} consumers`,
      unit: '×',
      value: ours(last) / ours(first),
      baseline: { is: 'the same of the bare append + write', value: bare(last) / bare(first) },
      ratioAtMost: MAY_GROW_BY,
    }),
  ];
}
