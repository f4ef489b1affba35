/**
 * Five kinds of test, told apart by name: `*.spec.ts` needs nothing, `*.comp-spec.ts` runs a whole api or worker in its
 * own process, on a file of SQLite or an engine in memory, `*.int-spec.ts` needs a Docker Engine of
 * its own (NEBULA_TEST_DOCKER_HOST), `e2e/*.e2e-spec.ts` drives the whole system, `e2e/deploy/*.deploy-spec.ts` what is
 * in deploy/, as it is run for real.
 */
const shared = {
  rootDir: import.meta.dirname,
  // Node's, with a search for the secrets of the tests.
  testEnvironment: '<rootDir>/tools/test/searching-environment.mjs',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['/dist/', '/\\.nx/', '/\\.nebula/', '/\\.test/'],
};

export default {
  // The time of a busy machine: what hangs is told apart from what is slow.
  testTimeout: 60_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['**/*.spec.ts'] },
    { ...shared, displayName: 'component', testMatch: ['**/*.comp-spec.ts'] },
    { ...shared, displayName: 'integration', testMatch: ['**/*.int-spec.ts'] },
    { ...shared, displayName: 'e2e', testMatch: ['**/e2e/**/*.e2e-spec.ts'] },
    { ...shared, displayName: 'deploy', testMatch: ['**/e2e/deploy/**/*.deploy-spec.ts'] },
  ],
};
