/**
 * The figures of the part load-balancer. Pure.
 */
import { line } from '../report/lines.mjs';
import { summarize } from '../report/statistics.mjs';
import { MOST_REPLICAS, REPLICAS } from './replicas.mjs';

/** @import { Line } from '../report/lines.mjs' */
/** @import { Phase, Round } from './load-balancer-part.mjs' */

/** During which no request may fail, in the words of the table. @type {[phase: Phase, what: string][]} */
const UNNOTICED = [
  ['update', `rolling update of ${REPLICAS}`],
  ['roll', `roll of ${REPLICAS}`],
  ['up', `${REPLICAS} scaled to ${MOST_REPLICAS}`],
  ['down', `${MOST_REPLICAS} scaled to ${REPLICAS}`],
];

const QUIET = 'nothing changed';
const AT_ONCE = `all ${REPLICAS} replaced at once`;

/**
 * @param {readonly Round[]} rounds at least one
 * @returns {Line[]}
 */
export function linesOf(rounds) {
  return [
    ...UNNOTICED.flatMap(([phase, what]) => [
      ...countsOf(rounds, phase, what, 0),
      ...latenciesOf(rounds, phase, what),
    ]),
    ...countsOf(rounds, 'quiet', QUIET),
    ...countsOf(rounds, 'at_once', AT_ONCE),
    ...latenciesOf(rounds, 'at_once', AT_ONCE),
  ];
}

/**
 * Of all rounds together.
 * @param {readonly Round[]} rounds
 * @param {Phase} phase
 * @param {string} what
 * @param {number} [failedAtMost]
 * @returns {Line[]}
 */
function countsOf(rounds, phase, what, failedAtMost) {
  const part = 'load-balancer';
  const measured = rounds.map((round) => round[phase]);
  const failed = sum(measured.map((each) => each.failed));
  const requests = failed + sum(measured.map((each) => each.answered));
  return [
    line({ part, what: `${what}: requests`, unit: 'count', value: requests }),
    line({
      ...{ part, what: `${what}: failed`, unit: 'count', value: failed },
      ...(failedAtMost === undefined ? {} : { valueAtMost: failedAtMost }),
    }),
  ];
}

/**
 * @param {readonly Round[]} rounds
 * @param {Phase} phase
 * @param {string} what
 * @returns {Line[]}
 */
function latenciesOf(rounds, phase, what) {
  return /** @type {const} */ (['p50', 'p99']).map((figure) =>
    line({
      ...{ part: 'load-balancer', what: `${what}: ${figure}`, unit: 'ms' },
      value: summarize(rounds.map((round) => round[phase][figure])),
      baseline: {
        is: 'the same load while nothing is changed',
        value: summarize(rounds.map(({ quiet }) => quiet[figure])),
      },
    }),
  );
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((all, each) => all + each, 0);
}
