import type { NebulaClient } from '@nebula/sdk';
import { type Command, Option } from 'commander';
import { type Connection, type ConnectionOptions, clientOf, connectionOf } from './connection/session.js';
import { type Paint, paintFor } from './console/colors.js';
import { type Format, FORMATS, type Shown, show } from './console/format.js';
import type { Terminal } from './console/terminal.js';

/** What a command works in. */
export interface World {
  terminal: Terminal;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Set when a command has found out where it goes, so that a failure can say it. */
  connection: Connection | null;
}

/** Options of every command. */
export interface GlobalOptions extends ConnectionOptions {
  output: Format;
  /** False with `--no-color`. */
  color: boolean;
}

/** One run of one command. */
export interface Session {
  terminal: Terminal;
  now: () => number;
  world: World;
  connection: Connection;
  client: NebulaClient;
  options: GlobalOptions;
  /** For the answer. */
  paint: Paint;
  /** For what is said beside it. */
  paintBeside: Paint;
  show: (shown: Shown) => Promise<void>;
}

export interface Definition<Options extends object> {
  /** Its name and arguments: `get <app>`. */
  usage: string;
  /** One line, begins with a verb. */
  summary: string;
  /** What more there is to know. */
  details?: string;
  /** Command lines without `nebulactl`. */
  examples: readonly [string, ...string[]];
  options?: (command: Command) => unknown;
  /** What its first argument names, so that a shell can complete it. */
  completes?: Completes;
  run: (session: Session, args: string[], options: Options) => Promise<void>;
}

export type Completes = 'app' | 'worker' | 'context' | 'token';

const EXAMPLES = new WeakMap<Command, readonly string[]>();
const COMPLETES = new WeakMap<Command, Completes>();

/** Its command lines to begin with, `nebulactl` in front. */
export function examplesOf(command: Command): readonly string[] {
  return EXAMPLES.get(command) ?? [];
}

export function completesOf(command: Command): Completes | null {
  return COMPLETES.get(command) ?? null;
}

export function withGlobalOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <format>', 'how answers are printed').choices(FORMATS).default('table'),
    )
    .option('--context <name>', 'the cluster to speak to, as it was called at login')
    .option('--url <address>', 'the address of the api, in place of a context')
    .option('--ca-file <path>', 'certificates in PEM that are trusted beside the usual ones')
    .option('--no-color', 'print without colors');
}

/** Commands below one word. */
export function group(parent: Command, name: string, summary: string, alias?: string): Command {
  const command = parent.command(name).description(summary);
  return alias === undefined ? command : command.alias(alias);
}

/** Adds a command with all that belongs to it. */
export function define<Options extends object>(
  parent: Command,
  world: World,
  { usage, summary, details, examples, options, completes, run }: Definition<Options>,
): Command {
  const command = parent.command(usage).summary(summary);
  command.description(details === undefined ? `${summary}.` : `${summary}. ${details}`);
  options?.(command);
  const lines = examples.map((example) => `nebulactl ${example}`);
  EXAMPLES.set(command, lines);
  if (completes !== undefined) COMPLETES.set(command, completes);
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  return command.action(async () => {
    const session = sessionOf(world, command.optsWithGlobals<GlobalOptions>());
    await run(session, command.args, command.opts<Options>());
  });
}

function sessionOf(world: World, options: GlobalOptions): Session {
  const { terminal } = world;
  let connection: Connection | null = null;
  let client: NebulaClient | null = null;
  const connect = () => {
    connection ??= connectionOf(options, terminal.env);
    world.connection = connection;
    return connection;
  };
  return {
    terminal,
    now: world.now,
    world,
    options,
    paint: paintFor(terminal.stdout, terminal, options.color),
    paintBeside: paintFor(terminal.stderr, terminal, options.color),
    show: (shown) => show(terminal, options.output, shown),
    // Only what speaks to an api needs one: a broken file of contexts doesn't keep anybody from mending it.
    get connection() {
      return connect();
    },
    get client() {
      return (client ??= clientOf(terminal, connect()));
    },
  };
}
