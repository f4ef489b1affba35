import { eachItem, listTokens, listWorkers } from '@nebula/sdk';
import { Argument, type Command, type Option } from 'commander';
import { type Completes, completesOf, define, type GlobalOptions, type World } from '../command.js';
import { ContextFile } from '../connection/context-file.js';
import { clientOf, connectionOf } from '../connection/session.js';
import { writeLine } from '../console/terminal.js';
import { namesOf } from './app-names.js';
import { SCRIPTS } from './completion-scripts.js';

/** Nobody waits longer for a key, milliseconds. */
const PATIENCE_MS = 1_000;

/** So many names of workers are offered. */
const MOST_WORKERS = 200;

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Command, world: World): void {
  const command = define(program, world, {
    usage: 'completion',
    summary: 'Print a script with which a shell completes commands and names',
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/nebulactl',
      'completion zsh > ~/.zfunc/_nebulactl',
      'completion fish > ~/.config/fish/completions/nebulactl.fish',
    ],
    run: async ({ terminal }, [shell = 'bash']) => {
      terminal.stdout.write(SCRIPTS[shell as (typeof SHELLS)[number]]);
    },
  });
  command.addArgument(new Argument('<shell>', 'which one').choices(SHELLS));
  // What the scripts ask. Its words come behind two dashes, so that none of them is taken for an option.
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const found = await candidates(program, world, words);
      for (const each of found) writeLine(world.terminal.stdout, each);
    });
}

/**
 * What the last word can become.
 * @param words after the program, the last of which is being typed
 */
export async function candidates(
  program: Command,
  world: World,
  words: readonly string[],
): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { command, given, wanting } = walk(program, before);
  const options = [...command.options, ...program.options];
  if (wanting !== null) {
    const values = options.find((each) => isCalled(each, wanting))?.argChoices;
    if (values !== undefined) return starting(values, typed);
    return namesFor(ofOption(wanting), program, world, before, typed);
  }
  if (typed.startsWith('-'))
    return starting(options.map(({ long, short }) => long ?? short ?? '').filter(Boolean), typed);
  if (command.commands.length > 0)
    return starting(
      command.commands.map((each) => each.name()).filter((name) => !name.startsWith('_')),
      typed,
    );
  const choices = command.registeredArguments[given]?.argChoices;
  if (choices !== undefined) return starting(choices, typed);
  return given === 0 ? namesFor(completesOf(command), program, world, before, typed) : [];
}

/** The command that words lead to, how many arguments it has, and the option whose value comes next. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  let given = 0;
  let wanting: string | null = null;
  for (const word of words) {
    const option = [...command.options, ...program.options].find((each) => isCalled(each, word));
    if (wanting !== null) wanting = null;
    else if (word.startsWith('-')) wanting = option && (option.required || option.optional) ? word : null;
    else {
      const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
      if (next) command = next;
      else given += 1;
    }
  }
  return { command, given, wanting };
}

function isCalled({ long, short }: Option, word: string): boolean {
  return word === long || word === short;
}

function ofOption(option: string): Completes | null {
  return option === '--app' ? 'app' : option === '--context' ? 'context' : null;
}

async function namesFor(
  what: Completes | null,
  program: Command,
  { terminal }: World,
  words: readonly string[],
  typed: string,
): Promise<string[]> {
  if (what === null) return [];
  try {
    if (what === 'context') return starting(Object.keys(ContextFile.of(terminal.env).read().contexts), typed);
    const client = clientOf(terminal, connectionOf(globalsIn(program, words), terminal.env), PATIENCE_MS);
    if (what === 'app') return await namesOf(client, PATIENCE_MS, typed);
    const found: string[] = [];
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const query = { limit: MOST_WORKERS };
    if (what === 'token')
      for await (const each of eachItem(listTokens, { client, query, signal })) found.push(each.name);
    else for (const each of (await listWorkers({ client, query, signal })).items) found.push(each.worker_id);
    return starting(found, typed);
  } catch {
    // Nothing is said between two keys.
    return [];
  }
}

/** Where the command that is typed will go. */
function globalsIn(program: Command, words: readonly string[]): Partial<GlobalOptions> {
  const found: Record<string, string> = {};
  words.forEach((word, index) => {
    const option = program.options.find((each) => isCalled(each, word));
    const value = words[index + 1];
    if (option?.required && value !== undefined) found[option.attributeName()] = value;
  });
  return found;
}

function starting(names: readonly string[], typed: string): string[] {
  return names.filter((name) => name.startsWith(typed));
}
