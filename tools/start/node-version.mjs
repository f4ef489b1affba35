/**
 * The oldest Node that runs this. Only syntax that much older ones read too, so that they can say so.
 */
var OLDEST = { major: 20, minor: 19 };

/**
 * @param {string} version as in process.versions.node
 * @returns {string | null} null when it is new enough, else what to do
 */
export function nodeVersionProblem(version) {
  var parts = version.split('.').map(Number);
  var major = parts[0] || 0;
  var minor = parts[1] || 0;
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return null;
  return (
    'Nebula needs Node ' + OLDEST.major + '.' + OLDEST.minor + ' or later; this is Node ' + version + '.'
  );
}
