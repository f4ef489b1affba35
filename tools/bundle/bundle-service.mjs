/**
 * One file of a service and of all that it imports.
 */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { esModulesPlugin } from './es-modules-plugin.mjs';
import { lazyFormatPlugin } from './lazy-format-plugin.mjs';
import { leanPlugin } from './lean-plugin.mjs';
import { nodeModulesPlugin } from './node-modules-plugin.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');

/** Packages that Nest and others ask for only where their feature is used. None of them is installed. */
const NOT_INSTALLED = [
  '@nestjs/websockets',
  '@nestjs/websockets/*',
  '@nestjs/microservices/microservices-module',
  '@nestjs/platform-express',
  '@fastify/view',
  '@fastify/multipart',
  '@grpc/*',
  '@apollo/*',
  '@as-integrations/*',
  '@mikro-orm/*',
  'kafkajs',
  'mqtt',
  'nats',
  '@nats-io/*',
  'ioredis',
  'class-transformer/storage',
];

/** Compares passwords with their hashes. It is no JavaScript, so it stands beside the bundle. */
const ARGON2 = '@node-rs/argon2';

/**
 * The worker shares its server with the apps, and waits for most of its life. V8 by default trades memory for speed
 * that the worker has no use for: a space for new objects that grows to many megabytes while a program starts and
 * gives little of it back, machine code for functions that ran often, and generous limits. These flags are looked at
 * after the start of Node, too, so nobody has to give them on the command line. Together they save a fifth of the
 * resident memory (docs/benchmarks.md).
 */
const SMALL_HEAP = [
  "import { setFlagsFromString as __setFlags } from 'node:v8';",
  ...['--semi-space-growth-factor=1', '--optimize-for-size', '--no-opt', '--no-sparkplug', '--no-maglev'].map(
    (flag) => `__setFlags(${JSON.stringify(flag)});`,
  ),
];

/**
 * Bundles what SWC has compiled, since esbuild knows nothing of decorator metadata.
 * @param {'api' | 'worker'} service built already
 * @param {string} folder that the file goes to, and what it needs beside it; an earlier one is replaced, and all else stays
 * @returns {Promise<string>} its path
 */
export async function bundleService(service, folder) {
  const outfile = join(folder, `nebula-${service}.mjs`);
  const { version } = /** @type {{ version: string }} */ (
    JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
  );
  await build({
    entryPoints: [join(PROJECT, 'apps', service, 'dist', 'main.js')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    // Nest finds providers by their classes' names in messages, and swagger names schemas by them.
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'error',
    define: {
      NEBULA_VERSION: JSON.stringify(version),
      NEBULA_SWAGGER_UI: JSON.stringify('./swagger-ui/'),
      // The plugin below leaves it out, so the api refuses a file of it as it reads its configuration.
      NEBULA_HAS_SQLITE: 'false',
    },
    external: [...NOT_INSTALLED, ARGON2],
    // The first that answers is taken.
    plugins: [leanPlugin, esModulesPlugin, nodeModulesPlugin, lazyFormatPlugin],
    banner: {
      js: [
        ...(service === 'worker' ? SMALL_HEAP : []),
        "import { createRequire as __createRequire } from 'node:module';",
        "import { fileURLToPath as __toPath } from 'node:url';",
        'const require = __createRequire(import.meta.url);',
        'const __filename = __toPath(import.meta.url);',
        "const __dirname = __toPath(new URL('.', import.meta.url));",
      ].join('\n'),
    },
  });
  if (service === 'api') {
    await copySwaggerUi(folder);
    await copyArgon2(folder);
  }
  return outfile;
}

/** The files of the page with which people try the api; the bundle serves them from beside itself. */
async function copySwaggerUi(/** @type {string} */ folder) {
  const require = createRequire(join(PROJECT, 'apps', 'api', 'package.json'));
  const swagger = createRequire(require.resolve('@nestjs/swagger'));
  const assets = dirname(swagger.resolve('swagger-ui-dist/package.json'));
  const wanted =
    /swagger-ui-dist$|swagger-ui(-bundle|-standalone-preset)?\.(js|css)$|favicon-.*\.png$|LICENSE$/;
  const target = join(folder, 'swagger-ui');
  await rm(target, { recursive: true, force: true });
  await cp(assets, target, { recursive: true, filter: (path) => wanted.test(path) });
}

/** The package with the program for machines like this one; on others a password can be given in clear alone. */
async function copyArgon2(/** @type {string} */ folder) {
  const require = createRequire(join(PROJECT, 'apps', 'api', 'package.json'));
  const loader = dirname(require.resolve(`${ARGON2}/package.json`));
  const { optionalDependencies } = /** @type {{ optionalDependencies: Record<string, string> }} */ (
    JSON.parse(readFileSync(join(loader, 'package.json'), 'utf8'))
  );
  const fromLoader = createRequire(join(loader, 'package.json'));
  const packages = [[ARGON2, loader]];
  for (const name of Object.keys(optionalDependencies)) {
    const found = findPackageJSON(fromLoader, name);
    if (found) packages.push([name, dirname(found)]);
  }
  const target = join(folder, 'node_modules');
  await rm(target, { recursive: true, force: true });
  for (const [name = '', path = ''] of packages)
    await cp(path, join(target, name), { recursive: true, dereference: true });
}

/**
 * @param {NodeJS.Require} require
 * @param {string} name of a package
 * @returns {string | null} its package.json; null when it isn't there
 */
function findPackageJSON(require, name) {
  try {
    return require.resolve(`${name}/package.json`);
  } catch {
    return null;
  }
}
