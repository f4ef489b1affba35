/**
 * npm start: installs and builds what is missing, finds or sets up a Docker Engine, runs api and worker in this
 * process, and makes the example app on the first start.
 */
import { join } from 'node:path';
import { readArguments } from './arguments.mjs';
import { startHelp } from './help.mjs';
import { prepare } from './prepare.mjs';

/** @import { Reservation, Standalone, StandaloneConfiguration } from '@nebula/standalone' */

/** @typedef {typeof import('@nebula/standalone')} StandaloneModule */

const PROJECT = join(import.meta.dirname, '..', '..');

/** @param {string} line */
const say = (line) => console.log(line);

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
export async function runStart(argv) {
  const read = readArguments(argv, ['no-example', 'no-install'], 'npm start');
  if (read.kind === 'help') {
    say(startHelp());
    return 0;
  }
  if (read.kind === 'usage') {
    console.error(read.problem);
    return 2;
  }
  // Paths and the file of the configuration are relative to the project, from wherever this is called.
  process.chdir(PROJECT);
  await prepare();

  // What prepare() installs and builds can't be imported before it has run.
  const nebula = await import('@nebula/standalone');
  try {
    const configuration = nebula.loadStandaloneConfiguration();
    const reservation = await nebula.reserve(configuration);
    return await runReserved(nebula, configuration, reservation, {
      mayInstall: !read.flags['no-install'],
      withExample: !read.flags['no-example'],
    });
  } catch (error) {
    if (!(error instanceof nebula.StartError)) throw error;
    for (const problem of error.problems) console.error(problem);
    return error.exitCode;
  }
}

/**
 * @param {StandaloneModule} nebula
 * @param {StandaloneConfiguration} configuration
 * @param {Reservation} reservation
 * @param {{ mayInstall: boolean, withExample: boolean }} wishes
 * @returns {Promise<number>} the exit code
 */
async function runReserved(nebula, configuration, reservation, { mayInstall, withExample }) {
  const { engineForStart } = await import('./engine-choice.mjs');
  const { dockerAt } = await import('./docker-client.mjs');
  const host = await engineForStart(configuration, reservation.folder, mayInstall, say);
  const docker = dockerAt(host);

  // Until here a signal simply ends the process; from here on there is something to end in order.
  const signals = new nebula.StopSignals(process, () => process.exit(nebula.EXIT.interrupted));
  const logger = nebula.createStandaloneLogger(configuration);
  const standalone = await nebula.startStandalone(
    { ...configuration, docker_host: host },
    reservation,
    logger,
  );

  const { scope } = configuration;
  const stateDir = reservation.folder.path;
  await greet({
    url: standalone.url,
    ask: standalone.ask,
    host,
    scope,
    stateDir,
    withExample,
    stopping: signals.stopping,
  }).catch((error) => {
    if (!signals.stopping.aborted) console.error(`The example app: ${messageOf(error)}`);
  });
  await signals.requested();
  say('Stopping api and worker …');
  await standalone.stop();
  say(`api and worker stopped; ${await stillRunning(docker, configuration.scope)} keep running`);
  return nebula.EXIT.stopped;
}

/**
 * @param {object} start
 * @param {string} start.url
 * @param {Standalone['ask']} start.ask
 * @param {string} start.host of the engine
 * @param {string} start.scope
 * @param {string} start.stateDir
 * @param {boolean} start.withExample
 * @param {AbortSignal} start.stopping
 */
async function greet({ url, ask, host, scope, stateDir, withExample, stopping }) {
  const [{ apiAt }, example, welcome, { dockerAt, publishedOn }] = await Promise.all([
    import('./api-client.mjs'),
    import('./example-app.mjs'),
    import('./welcome.mjs'),
    import('./docker-client.mjs'),
  ]);
  const api = apiAt(url, ask);
  const docker = dockerAt(host);
  const due = withExample && (await example.exampleIsDue({ api, docker, scope, stateDir, say }));
  try {
    if (due)
      await example.createExample({ api, docker, publishedOn: publishedOn(host), stateDir, say, stopping });
    else await example.restoreExampleImages(api, docker);
  } finally {
    if (!stopping.aborted) {
      const parts = [await welcome.addresses(api, publishedOn(host))];
      if (due) parts.push(welcome.commandsToTry(api));
      say(`\n${[...parts, welcome.HOW_TO_END].join('\n\n')}\n`);
    }
  }
}

/**
 * @param {import('dockerode')} docker
 * @param {string} scope
 * @returns {Promise<string>} the containers that run, in words
 */
async function stillRunning(docker, scope) {
  const { ownThings } = await import('./own-things.mjs');
  try {
    const { containers } = await ownThings(docker, scope);
    const count = containers.filter(({ state }) => state === 'running').length;
    return count === 1 ? '1 container' : `${count} containers`;
  } catch {
    return 'the containers (the engine does not answer, so they are not counted)';
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
