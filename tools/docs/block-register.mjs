/**
 * For each block in the pages, which test plays it, or why none does. `block-register.spec.ts` fails for a block that is
 * not in here. A test gets its blocks by `e2e/testing/document-blocks.ts` from here, and fails when it leaves one.
 */

import {
  README,
  DOCUMENTS,
  SDK,
  STARTS,
  REGIONS,
  STANDALONE,
  LOAD_BALANCER,
  SYSTEMD,
  COMPOSE,
  HELM,
  HELM_REGIONS,
  HOUR,
  COMPOSE_REGIONS,
  heldBy,
  playedBy,
  unplayed,
} from './fates.mjs';

/** @import { CodeBlock } from './code-blocks.mjs' */
/** @import { Exception, Fate } from './fates.mjs' */

const EXAMPLES = 'tools/docs/examples.spec.ts';

const PICTURE = unplayed('a picture');
const LOG = unplayed('what a program says, not what one types');
const DATA = heldBy(EXAMPLES);
/** @type {Exception} */
const BENCHMARKS = [
  /^npm run (-s )?bench(?!.*--help)/,
  'takes minutes, on a machine that does nothing else meanwhile',
];

/**
 * By page and heading: one for all blocks below it, or one for each in their order. `*` stands for the headings of a
 * page that aren't named.
 * @type {Record<string, Record<string, Fate | readonly Fate[]>>}
 */
export const REGISTER = {
  'CONTRIBUTING.md': {
    'Set up': [
      playedBy(
        SDK,
        [/^npm (test|run check)$/, 'is what runs the tests: npm test begins with the check'],
        [
          /^npm run (generate|format)$/,
          'writes into the sources; the check runs the same programs to compare what they would write',
        ],
        BENCHMARKS,
        [/^npm (start|run api)$/, `as in README.md and docs/fleet.md: ${README}, ${STARTS}`],
        [/^npm run bundle$/, 'e2e/fleet/starts.e2e-spec.ts begins with it'],
      ),
      unplayed('what runs the tests'),
    ],
  },
  'README.md': {
    'Two commands': playedBy(README, [/^npm test/, 'is what runs this test']),
    'A two-minute tour': playedBy(README),
  },
  'apps/nebulactl/README.md': { nebulactl: playedBy(DOCUMENTS) },
  'deploy/haproxy/README.md': { '*': playedBy(LOAD_BALANCER) },
  'deploy/helm/nebula/README.md': {
    Install: [playedBy(COMPOSE), playedBy(HELM), playedBy(HELM), playedBy(HELM)],
    'Several regions': playedBy(HELM_REGIONS),
  },
  'deploy/systemd/README.md': {
    '*': playedBy(
      SYSTEMD,
      [/^npm run bundle/, 'e2e/fleet/starts.e2e-spec.ts begins with it'],
      [/^(scp|ssh) /, 'needs a second server; the test has the same folders in the same place'],
    ),
  },
  'docs/access.md': { 'The first administrator': playedBy(STARTS), Tokens: playedBy(DOCUMENTS) },
  'docs/api.md': { '*': playedBy(DOCUMENTS) },
  'docs/backup.md': {
    'Back up': [
      playedBy(STARTS, [/^SQLITE_FILE/, `as in docs/operations.md: ${STANDALONE}`]),
      playedBy(COMPOSE),
      playedBy(COMPOSE),
      playedBy(SYSTEMD),
      playedBy(HOUR),
      playedBy(HOUR),
    ],
    Restore: [playedBy(STARTS), playedBy(COMPOSE), playedBy(COMPOSE)],
    'Move from SQLite to MongoDB': playedBy(COMPOSE),
    'When the backup is older than what runs': [LOG, playedBy(DOCUMENTS)],
  },
  'docs/benchmarks.md': {
    'Run it': playedBy(DOCUMENTS, BENCHMARKS),
    'A fleet': playedBy(DOCUMENTS, BENCHMARKS),
  },
  'docs/cli.md': {
    'The command line': playedBy(DOCUMENTS, [
      /^npm run bundle/,
      'e2e/fleet/starts.e2e-spec.ts begins with it',
    ]),
    'worker forget': playedBy(STARTS),
    '*': playedBy(DOCUMENTS),
  },
  'docs/compose.md': {
    'What the files have no variable for': DATA,
    'Update it': playedBy(
      COMPOSE,
      [/^docker compose build$/, 'as the test begins; there is no other version'],
      [/^\.\/replace-apis\.sh$/, 'the test runs it for new credentials'],
    ),
    'The key of secrets': [
      playedBy(COMPOSE),
      playedBy(COMPOSE),
      playedBy(COMPOSE, [
        /^\.\/replace-apis\.sh$/,
        'a third time; the test restarts the apis by another command',
      ]),
    ],
    'The database': unplayed(
      'needs mongosh, and a MongoDB that asks for a login; deploy/compose/make-secrets.spec.ts makes the files anew',
    ),
    '*': playedBy(COMPOSE),
  },
  'docs/continuous-deployment.md': { '*': playedBy(DOCUMENTS) },
  'docs/fleet.md': {
    'Running a fleet': PICTURE,
    '*': playedBy(STARTS, [/^A=/, 'the api of the test is at another address']),
  },
  'docs/from-the-original.md': { 'The move': DATA },
  'docs/getting-started.md': { '*': playedBy(README) },
  'docs/history.md': { '*': DATA },
  'docs/images.md': { Credentials: LOG },
  'docs/monitoring.md': {
    'Look once: nebulactl doctor': playedBy(DOCUMENTS),
    Scrape: playedBy(DOCUMENTS),
    'With Docker Compose': [playedBy(DOCUMENTS, [/^cd /, 'the folder plays no part']), playedBy(COMPOSE)],
  },
  'docs/operations.md': { Configuration: DATA, Backup: playedBy(STANDALONE) },
  'docs/production.md': { '*': playedBy(HOUR) },
  'docs/regions.md': {
    'Several regions': PICTURE,
    Configure: [DATA, playedBy(REGIONS)],
    'With Docker Compose': playedBy(COMPOSE_REGIONS),
    'From one region to several': DATA,
  },
  'docs/sdk.md': { '*': playedBy(SDK) },
  'docs/secrets.md': { Secrets: DATA, Keys: playedBy(STARTS) },
  'docs/security.md': { 'Who has what': PICTURE },
  'docs/troubleshooting.md': { 'Ask a worker what is missing': playedBy(COMPOSE) },
  'docs/updates.md': { Updates: DATA },
  'docs/worker-policy.md': { '*': DATA },
  'examples/nest-service/README.md': { '*': playedBy(SDK) },
  'libs/sdk/README.md': { '*': playedBy(SDK) },
};

/**
 * @param {CodeBlock} block
 * @returns {Fate | undefined} undefined when the register has none for it
 */
export function fateOf({ page, heading, index }) {
  const headings = REGISTER[page];
  const found = headings?.[heading] ?? headings?.['*'];
  return isList(found) ? found[index] : found;
}

/**
 * @param {Fate | readonly Fate[] | undefined} found
 * @returns {found is readonly Fate[]}
 */
function isList(found) {
  return Array.isArray(found);
}
