/**
 * Which tests on real services run one after the other, and which beside them.
 */
import { join } from 'node:path';
import { PROJECT } from './run-command.mjs';

/** @import { Kind } from './arguments.mjs' */

/**
 * @typedef {object} Part some tests of one kind, for one call of Jest
 * @property {Kind} kind
 * @property {string} name of the part, for people and files
 * @property {string[]} [patterns] parts of paths; none means all
 * @property {string[]} [without] parts of paths that are left out
 * @property {string} [engine] name of an engine of its own, in place of the one that the others share
 */

/** Where the integration tests are that use no Docker Engine. */
const WITHOUT_ENGINE = ['libs', 'apps/api', 'apps/nebulactl', 'tools/services'].map(
  (folder) => `${join(PROJECT, folder)}/`,
);

/** Those that wait minute after minute, and need next to nothing while they do. */
const PATIENT = [join(PROJECT, 'apps/worker/src/agent/slow-engine.int-spec')];

/** @param {string[]} paths of end-to-end tests, or how they begin */
const endToEnd = (...paths) => paths.map((path) => `${join(PROJECT, 'e2e')}/${path}`);

/** The end-to-end tests that use no engine, or have engines of their own, in three parts that take about the same time. */
const OWN_SERVICES = endToEnd('fleet/server-faults.', 'sdk/', 'own-engine.', 'start-refused.');
const OUTAGES = endToEnd('fleet/broker-', 'fleet/credentials.', 'fleet/database-', 'fleet/regions.');
const FLEETS = endToEnd('fleet/actions.', 'fleet/starts.', 'fleet/stream-contents.');

/**
 * They build images and run whole systems, which tests of what is on an engine must not see.
 * @type {Part}
 */
const DEPLOY = { kind: 'deploy', name: 'deploy', engine: 'deploy-engine' };

/**
 * All of them. They wait for engines, brokers and databases most of their time, so lanes run beside each other. The first
 * is that of the tests that share an engine; most of the second have services of their own. The third is of those that cost
 * little more than patience and of those of deploy/. Each part that needs one has an engine of its own: what is made once on an
 * engine, like a network, would be made twice by two who begin at the same time, and an engine that was driven into every
 * fault may never let go of a network again.
 * @type {readonly (readonly Part[])[]}
 */
const LANES = [
  [
    { kind: 'integration', name: 'integration', without: [...WITHOUT_ENGINE, ...PATIENT] },
    {
      ...{ kind: 'e2e', name: 'e2e', engine: 'e2e-engine' },
      without: [...OWN_SERVICES, ...OUTAGES, ...FLEETS],
    },
    { kind: 'e2e', name: 'e2e-own-services', patterns: OWN_SERVICES },
  ],
  [
    { kind: 'integration', name: 'integration-without-engine', patterns: WITHOUT_ENGINE },
    { kind: 'e2e', name: 'e2e-outages', patterns: OUTAGES },
  ],
  [
    { kind: 'integration', name: 'integration-patient', patterns: PATIENT, engine: 'patient-engine' },
    DEPLOY,
    { kind: 'e2e', name: 'e2e-fleets', patterns: FLEETS },
  ],
];

/**
 * @param {readonly Kind[]} kinds that run on real services
 * @param {readonly string[]} patterns of paths that are asked for; they may belong to any lane, so there is one then
 * @param {object} [given]
 * @param {boolean} [given.oneEngine] there is no other engine than one, so what has an engine of its own else waits for it
 * @returns {Part[][]} none of them empty
 */
export function lanesOf(kinds, patterns, { oneEngine = false } = {}) {
  if (patterns.length > 0) {
    const partOf = (/** @type {Kind} */ kind) => (kind === 'deploy' ? DEPLOY : { kind, name: kind });
    return [kinds.map((kind) => ({ ...partOf(kind), patterns: [...patterns] }))];
  }
  const [shared = [], own = [], apart = []] = LANES;
  const lanes = oneEngine ? [[...shared, ...apart], own] : LANES;
  return lanes
    .map((lane) => lane.filter(({ kind }) => kinds.includes(kind)))
    .filter((lane) => lane.length > 0);
}
