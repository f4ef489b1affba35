/**
 * What can become of what the pages have people type.
 */

/**
 * @typedef {object} Fate
 * @property {string} [playedBy] path of the test that types its commands, or uses its file
 * @property {readonly Exception[]} [except] those of its commands that this test doesn't play
 * @property {string} [heldBy] path of the test that reads it: it has nothing to run
 * @property {string} [unplayed] why nothing can run it here
 */

/** @typedef {readonly [commands: RegExp, why: string]} Exception */

/**
 * @param {string} test
 * @param {...Exception} except
 * @returns {Fate}
 */
export const playedBy = (test, ...except) => ({ playedBy: test, except });

/** @param {string} test @returns {Fate} */
export const heldBy = (test) => ({ heldBy: test });

/** @param {string} why @returns {Fate} */
export const unplayed = (why) => ({ unplayed: why });

export const README = 'e2e/readme.e2e-spec.ts';
export const DOCUMENTS = 'e2e/documents.e2e-spec.ts';
export const SDK = 'e2e/sdk/foreign-package.e2e-spec.ts';
export const STARTS = 'e2e/fleet/starts.e2e-spec.ts';
export const REGIONS = 'e2e/fleet/regions.e2e-spec.ts';
export const STANDALONE = 'e2e/standalone.e2e-spec.ts';
export const LOAD_BALANCER = 'e2e/load-balancer.e2e-spec.ts';
export const SYSTEMD = 'e2e/deploy/systemd.deploy-spec.ts';
export const COMPOSE = 'e2e/deploy/compose.deploy-spec.ts';
export const HELM = 'e2e/deploy/helm.deploy-spec.ts';
export const HELM_REGIONS = 'e2e/deploy/helm-regions.deploy-spec.ts';
export const HOUR = 'e2e/deploy/in-an-hour.deploy-spec.ts';
export const COMPOSE_REGIONS = 'e2e/deploy/compose-regions.deploy-spec.ts';
