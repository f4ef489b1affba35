/**
 * The last lines of a run of tests.
 */

/** A whole run should be done in this time, minutes. It may take longer on a machine that has other things to do. */
const EXPECTED_MINUTES = 45;

/**
 * @param {object} run
 * @param {number} run.passed tests
 * @param {number} run.failed tests
 * @param {number} run.atSecondTry files that passed at the second try alone
 * @param {number} run.seconds that all of it took
 * @returns {string[]} the counts come last
 */
export function summaryOf({ passed, failed, atSecondTry, seconds }) {
  const minutes = Math.ceil(seconds / 60);
  return [
    ...(atSecondTry > 0 ? [`${atSecondTry} of the files passed at the second try alone`] : []),
    ...(seconds > EXPECTED_MINUTES * 60
      ? [
          `The run took ${minutes} minutes, more than the ${EXPECTED_MINUTES} that it should; that is no failure`,
        ]
      : []),
    `${passed} passed, ${failed} failed`,
  ];
}
