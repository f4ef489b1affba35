/**
 * @returns {number} milliseconds by a clock that all processes of this machine share and nobody sets
 */
export function monotonicMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
