/**
 * The oldest Node that runs this. Only syntax that much older ones read too, so that they can say so.
 */
var OLDEST = [20, 19];

/**
 * @param {string} version as in process.versions.node
 * @returns {string | null} null when it is new enough, else what to do
 */
export function nodeVersionProblem(version) {
  var parts = version.split('.').map(Number);
  var major = parts[0] || 0;
  var minor = parts[1] || 0;
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return null;
  return 'Nebula needs Node ' + OLDEST.join('.') + ' or later; this is Node ' + version + '.';
}
