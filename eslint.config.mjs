import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

/** Test code, by name and folder. */
const TESTS = [
  '**/*.spec.ts',
  '**/*.comp-spec.ts',
  '**/*.int-spec.ts',
  '**/*.e2e-spec.ts',
  '**/*.deploy-spec.ts',
  '**/testing/**',
  'e2e/**',
];

/** The parts of the tree, the most specific first. */
const ELEMENTS = [
  { type: 'contracts', pattern: 'libs/contracts' },
  { type: 'configuration', pattern: 'libs/configuration' },
  { type: 'lifecycle', pattern: 'libs/lifecycle' },
  { type: 'logging', pattern: 'libs/logging' },
  { type: 'messaging', pattern: 'libs/messaging' },
  { type: 'metrics', pattern: 'libs/metrics' },
  { type: 'sdk', pattern: 'libs/sdk' },
  { type: 'yaml', pattern: 'libs/yaml' },
  { type: 'reconcile', pattern: 'apps/worker/src/reconcile' },
  { type: 'worker-docker', pattern: 'apps/worker/src/container-runtime/docker' },
  { type: 'worker', pattern: 'apps/worker' },
  { type: 'api-sqlite', pattern: 'apps/api/src/store/sqlite' },
  { type: 'api-mongo', pattern: 'apps/api/src/store/mongo' },
  { type: 'api-http', pattern: 'apps/api/src/http' },
  { type: 'api-openapi', pattern: 'apps/api/src/openapi' },
  { type: 'api', pattern: 'apps/api' },
  { type: 'nebulactl', pattern: 'apps/nebulactl' },
  { type: 'standalone', pattern: 'apps/standalone' },
  { type: 'tools', pattern: 'tools' },
  { type: 'deploy', pattern: 'deploy' },
  { type: 'e2e', pattern: 'e2e' },
];

const LIBS = ['contracts', 'configuration', 'lifecycle', 'logging', 'messaging', 'metrics'];
const API = ['api', 'api-sqlite', 'api-mongo', 'api-http', 'api-openapi'];
const WORKER = ['worker', 'worker-docker', 'reconcile'];

/** Who may import what inside the workspace. Everything else is refused. */
const MAY_IMPORT = {
  contracts: ['contracts'],
  configuration: ['configuration'],
  lifecycle: ['lifecycle', 'configuration'],
  logging: ['logging'],
  messaging: ['messaging', 'contracts'],
  metrics: ['metrics'],
  // It runs in browsers and in programs of others.
  sdk: ['sdk'],
  yaml: ['yaml'],
  // The planner is pure: it knows the contracts and itself.
  reconcile: ['reconcile', 'contracts'],
  // What programs and the engine print has to be without secrets before it leaves the adapter.
  'worker-docker': [...WORKER, 'contracts', 'logging'],
  worker: [...WORKER, ...LIBS],
  'api-sqlite': [...API, 'contracts'],
  'api-mongo': [...API, 'contracts'],
  'api-http': [...API, 'contracts', 'yaml'],
  'api-openapi': [...API, 'contracts'],
  api: [...API, ...LIBS, 'yaml'],
  // Apps don't import apps, this one apart.
  standalone: ['standalone', 'api', 'worker', ...LIBS],
  // What programs of others can do, too.
  nebulactl: ['nebulactl', 'sdk', 'yaml'],
  tools: ['tools', 'nebulactl', 'sdk', 'standalone', 'api', 'api-sqlite', 'worker', 'worker-docker', ...LIBS],
  // Programs of their own, which need nothing but Node.
  deploy: ['deploy'],
  e2e: ['e2e', 'tools', 'contracts'],
};

/** The one home of each outside library that must not spread. Tools and tests may use them too. */
const HOMES = {
  dockerode: ['worker-docker'],
  amqplib: ['messaging'],
  'amqp-connection-manager': ['messaging'],
  '@photostructure/sqlite': ['api-sqlite'],
  mongoose: ['api-mongo'],
  '@nestjs/mongoose': ['api-mongo'],
  pino: ['logging'],
  'pino-pretty': ['logging'],
  'class-validator': ['contracts'],
  'class-transformer': ['contracts'],
  'class-validator-jsonschema': ['api-openapi'],
  '@nestjs/swagger': ['api-openapi'],
  fastify: ['api-http'],
  'prom-client': ['metrics'],
  yaml: ['yaml'],
};

const NOT_PURE = 'plan() is pure: what it needs of the world is a parameter.';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.nx/**',
      '.nebula/**',
      '.test/**',
      'examples/**',
      'libs/sdk/src/generated/**',
    ],
  },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mjs'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Handlers and adapters implement ports that answer promises, whether or not they wait for something.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'The environment is read in libs/configuration alone.',
        },
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@nebula/*/*'], message: 'Import a package by its index.' }] },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.{ts,mjs}'],
    plugins: {
      boundaries: /** @type {import('eslint').ESLint.Plugin} */ (/** @type {unknown} */ (boundaries)),
    },
    settings: {
      'boundaries/elements': ELEMENTS,
      'boundaries/root-path': import.meta.dirname,
      'import/resolver': {
        typescript: { project: './tsconfig.json', conditionNames: ['source', 'import', 'node', 'default'] },
      },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          checkAllOrigins: true,
          policies: [
            { allow: { to: { module: { origin: ['external', 'core'] } } } },
            ...Object.entries(MAY_IMPORT).map(([type, types]) => ({
              from: { element: { type } },
              allow: { to: { element: { types: { anyOf: types } } } },
            })),
            ...Object.entries(HOMES).map(([source, homes]) => ({
              from: { element: { types: { noneOf: [...homes, 'tools', 'e2e'] } } },
              disallow: { to: { module: { origin: 'external', source } } },
              message: `${source} has one home: ${homes.join(', ')}.`,
            })),
            {
              from: { element: { type: 'sdk' } },
              disallow: { to: { module: { origin: ['external', 'core'] } } },
              message: 'The SDK needs nothing but what browsers and Node have both.',
            },
            {
              from: { element: { type: 'reconcile' } },
              disallow: { to: { module: { origin: ['external', 'core'] } } },
              message: NOT_PURE,
            },
          ],
        },
      ],
    },
  },
  {
    files: ['apps/worker/src/reconcile/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-globals': [
        'error',
        ...[
          'Date',
          'process',
          'performance',
          'crypto',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'fetch',
        ].map((name) => ({ name, message: NOT_PURE })),
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: NOT_PURE }],
    },
  },
  {
    // The command line has a configuration of its own, and hands the environment on from its main file. Programs in
    // deploy/ are of their own: they need nothing but Node, and import nothing of ours.
    files: [
      ...['libs/configuration/src/**/*.ts', 'apps/nebulactl/src/main.ts', 'deploy/**', 'tools/**'],
      ...TESTS,
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: TESTS,
    rules: { 'boundaries/dependencies': 'off' },
  },
  {
    // Command-line programs talk to people on the console.
    files: ['tools/**', 'e2e/**', 'deploy/docker/**', 'apps/standalone/src/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // These don't see a cast in JSDoc; the compiler does.
    files: ['**/*.mjs'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Read by older versions of Node too.
    files: ['tools/start/node-version.mjs'],
    rules: { 'no-var': 'off' },
  },
  {
    files: ['*.mjs', '.dependency-cruiser.mjs'],
    rules: { 'boundaries/dependencies': 'off' },
  },
);
