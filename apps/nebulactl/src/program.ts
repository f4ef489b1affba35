import { Command } from 'commander';
import { withGlobalOptions, type World } from './command.js';
import { addActionCommands } from './commands/app-actions.js';
import { addHistoryCommands } from './commands/app-history.js';
import { addChangeCommands } from './commands/app-changes.js';
import { addReadCommands } from './commands/app-reads.js';
import { addCompletion } from './commands/completion.js';
import { addContextCommands } from './commands/contexts.js';
import { addDoctor } from './commands/doctor.js';
import { addDocumentCommands } from './commands/documents.js';
import { addEvents } from './commands/events.js';
import { addLogin } from './commands/login.js';
import { addOrphans } from './commands/orphans.js';
import { addTokenCommands } from './commands/tokens.js';
import { addVersion } from './commands/version.js';
import { addWorkerCommands } from './commands/workers.js';
import { group } from './command.js';

const AFTER = `
Environment:
  NEBULA_URL, NEBULA_TOKEN   the api and a token for it, in place of a context
  NEBULA_CONTEXT             the context to use
  NEBULA_CA_FILE             certificates that are trusted beside the usual ones
  NO_COLOR                   no colors

Exit codes: 0 done, 1 failed, 2 wrong usage, 124 time over, 130 interrupted.`;

/** The whole tree of commands. */
export function buildProgram(world: World): Command {
  const { stdout, stderr } = world.terminal;
  const program = withGlobalOptions(new Command('nebulactl'))
    .description('Changes the apps of a fleet with Nebula, and shows how far its workers are.')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: true })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .helpCommand('help [command]', 'say how a command is used')
    .addHelpText('after', AFTER);
  const app = group(program, 'app', 'See and change apps', 'apps');
  addReadCommands(app, world);
  addChangeCommands(app, world);
  addActionCommands(app, world);
  addHistoryCommands(app, world);
  addWorkerCommands(
    group(program, 'worker', 'See workers, and forget those that are gone', 'workers'),
    world,
  );
  addTokenCommands(group(program, 'token', 'Make and revoke tokens', 'tokens'), world);
  addContextCommands(group(program, 'context', 'Keep several clusters apart', 'contexts'), world);
  addDocumentCommands(program, world);
  addLogin(program, world);
  addEvents(program, world);
  addDoctor(program, world);
  addOrphans(program, world);
  addVersion(program, world);
  addCompletion(program, world);
  return program;
}
