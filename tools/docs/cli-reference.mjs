/**
 * The reference of the command line, as its own help has it.
 */
import { buildProgram, examplesOf } from '@nebula/nebulactl';
import { join } from 'node:path';
import { Writable } from 'node:stream';

/** @typedef {ReturnType<typeof buildProgram>} Command */

export const CLI_PAGE = join(import.meta.dirname, '..', '..', 'docs', 'cli.md');

const BEGIN = '<!-- The reference is written by tools/docs/write-cli-reference.mjs. -->';
const END = '<!-- End of the reference. -->';

/**
 * The page with the reference of the program as it is.
 * @param {string} page
 */
export function withCliReference(page) {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/cli.md must have the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${reference()}\n${page.slice(end)}`;
}

/** Commands that do something, those below others too. @type {(command: Command) => Command[]} */
export function leavesOf(command) {
  const below = command.commands.filter((each) => !each.name().startsWith('_') && each.name() !== 'help');
  return below.flatMap((each) => (each.commands.length > 0 ? leavesOf(each) : [each]));
}

/** The tree of commands, in no world: none of them is run. */
export function programTree() {
  const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
  return buildProgram({
    terminal: {
      stdin: process.stdin,
      stdout: nowhere,
      stderr: nowhere,
      env: {},
      signal: new AbortController().signal,
      fetchTrusting: () => fetch,
    },
    now: () => 0,
    connection: null,
  });
}

function reference() {
  return leavesOf(programTree()).map(sectionOf).join('\n');
}

function sectionOf(/** @type {Command} */ command) {
  const help = command.createHelp();
  const usage = help.commandUsage(command).replace(' [options]', '');
  const options = help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => `| \`${option.flags.replaceAll('|', '\\|')}\` | ${help.optionDescription(option)} |`);
  const table = options.length === 0 ? [] : ['', '| option | meaning |', '|---|---|', ...options];
  return [
    `### ${usage
      .replace(/^nebulactl /, '')
      .replaceAll(/ [<[].*/g, '')
      .replaceAll('|', ' or ')}`,
    '',
    `\`${usage}\`: ${command.description()}`,
    ...table,
    '',
    '```sh',
    ...examplesOf(command),
    '```',
    '',
  ].join('\n');
}
