/**
 * npm run down: removes what this machine's worker has made, after naming it.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { readArguments } from './arguments.mjs';
import { downHelp } from './help.mjs';
import { prepare } from './prepare.mjs';

/** @import { OwnThings } from './own-things.mjs' */
/** @import { StandaloneConfiguration, StateFolder } from '@nebula/standalone' */

const PROJECT = join(import.meta.dirname, '..', '..');

/** @param {string} line */
const say = (line) => console.log(line);

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
export async function runDown(argv) {
  const read = readArguments(argv, ['yes', 'forget'], 'npm run down');
  if (read.kind === 'help') {
    say(downHelp());
    return 0;
  }
  if (read.kind === 'usage') {
    console.error(read.problem);
    return 2;
  }
  if (!read.flags.yes && !hasTerminal()) {
    console.error(
      'There is no terminal to ask on: add --yes to remove containers, networks and what else is named.',
    );
    return 2;
  }
  // Paths and the file of the configuration are relative to the project, from wherever this is called.
  process.chdir(PROJECT);
  await prepare();

  // What prepare() installs and builds can't be imported before it has run.
  const nebula = await import('@nebula/standalone');
  try {
    const configuration = nebula.loadStandaloneConfiguration();
    const folder = await nebula.openStateFolder(configuration.state_dir);
    // Held to the end, since a worker that ran meanwhile would bring everything back.
    const claim = await nebula.claimStateFolder(folder);
    try {
      return await removeAll(configuration, folder, read.flags);
    } finally {
      await claim.release();
    }
  } catch (error) {
    if (!(error instanceof nebula.StartError)) throw error;
    for (const problem of error.problems) console.error(problem);
    return error.exitCode;
  }
}

/**
 * @param {StandaloneConfiguration} configuration
 * @param {StateFolder} folder
 * @param {{ yes: boolean, forget: boolean }} flags
 * @returns {Promise<number>} the exit code
 */
async function removeAll(configuration, folder, flags) {
  const [{ engineForDown, stopOwnEngine }, { dockerAt }, { ownThings, removeThings }, { forgetState }] =
    await Promise.all([
      import('./engine-choice.mjs'),
      import('./docker-client.mjs'),
      import('./own-things.mjs'),
      import('./forget-state.mjs'),
    ]);
  const host = await engineForDown(configuration, folder);
  if (host === null) {
    say('No Docker Engine answers, so nothing of ours runs and nothing was removed.');
  } else {
    const docker = dockerAt(host);
    const things = await ownThings(docker, configuration.scope);
    const total = things.containers.length + things.networks.length;
    if (total === 0) {
      say(`There is no container and no network of the scope "${configuration.scope}" on ${host}.`);
    } else {
      say(listing(things));
      if (!(await isWanted(`Remove ${total === 1 ? 'it' : `all ${total}`}?`, flags.yes))) {
        say('Nothing was removed.');
        return 1;
      }
      const problems = await removeThings(docker, things, progress());
      for (const problem of problems) console.error(`still there: ${problem}`);
      say(`${total - problems.length} of ${total} removed.`);
      if (problems.length > 0) return 1;
    }
  }
  if (await stopOwnEngine(folder)) say('The Docker Engine that npm start had set up is stopped.');

  if (!flags.forget) {
    say(`The apps stay in ${folder.path}: the next npm start brings them back. --forget ends that.`);
    return 0;
  }
  if (!(await isWanted(`Forget every app, and delete ${folder.path}?`, flags.yes))) {
    say('Nothing was forgotten.');
    return 1;
  }
  const left = await forgetState(folder);
  say(
    left.length === 0
      ? `${folder.path} is deleted; the next npm start begins anew.`
      : `Every app is forgotten; the next npm start begins anew. Not of Nebula, and left in ${folder.path}: ${left.join(', ')}`,
  );
  return 0;
}

/** @param {OwnThings} things */
function listing({ containers, networks }) {
  return table(
    ['KIND', 'NAME', 'APP', 'IMAGE', 'STATE'],
    [
      ...containers.map(({ name, app, image, state }) => ['container', name, app, image, state]),
      ...networks.map(({ name }) => ['network', name, '', '', '']),
    ],
  );
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 * @returns {string} columns as wide as their widest cell, two spaces apart
 */
function table(head, rows) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** There is nobody to ask. */
const hasTerminal = () => process.stdin.isTTY && process.stdout.isTTY;

/**
 * @param {string} question
 * @param {boolean} yes
 */
async function isWanted(question, yes) {
  if (yes) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} (y/N) `)).trim());
  } finally {
    prompt.close();
  }
}

/** One line that counts on a terminal; nothing elsewhere, where the sum at the end says it. */
function progress() {
  /** @param {number} removed @param {number} total */
  return (removed, total) => {
    if (process.stdout.isTTY)
      process.stdout.write(`\r${removed} of ${total} removed${removed === total ? '\r' : ''}`);
  };
}
