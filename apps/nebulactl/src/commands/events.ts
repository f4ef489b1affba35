import { type NebulaEvent, streamEvents, type Updates } from '@nebula/sdk';
import type { Command } from 'commander';
import { define, type World } from '../command.js';
import { type Paint } from '../console/colors.js';
import { toYaml } from '../console/format.js';
import { writeLine } from '../console/terminal.js';
import { summaryOf } from './app-status.js';

export function addEvents(program: Command, world: World): void {
  define<{ app?: string; since?: string }>(program, world, {
    usage: 'events',
    summary: 'Follow what happens, until Ctrl-C',
    details:
      'With -o json each event is a line of JSON, whose id a later call can begin behind with --since.',
    examples: ['events', 'events --app shop -o json'],
    options: (command) =>
      command
        .option('--app <name>', 'only events of this app')
        .option('--since <id>', 'what came after this event, as far as the api still has it'),
    run: async ({ client, terminal, options: { output }, paint, now }, _, { app, since }) => {
      const unread = new AbortController();
      terminal.stdout.once('error', () => unread.abort());
      const events = streamEvents({
        client,
        signal: AbortSignal.any([terminal.signal, unread.signal]),
        ...(app === undefined ? {} : { query: { app } }),
        ...(since === undefined ? {} : { lastEventId: since }),
      });
      try {
        for await (const event of events) {
          if (output === 'json') writeLine(terminal.stdout, JSON.stringify(event));
          else if (output === 'yaml') terminal.stdout.write(`---\n${await toYaml(event)}`);
          else if (output === 'name') writeLine(terminal.stdout, event.id);
          else writeLine(terminal.stdout, `${new Date(now()).toISOString()}  ${lineOf(event, paint)}`);
        }
      } catch (error) {
        // Printing is all that it does, so it ends when nobody reads any more.
        if (!unread.signal.aborted) throw error;
      }
    },
  });
}

/** Like `paused on 2, rolled back on 1`. */
function failuresOf(updates: Updates, paint: Paint): string {
  const words = { paused: 'paused', rolling_back: 'being taken back', rolled_back: 'taken back' };
  const said = (Object.keys(words) as (keyof typeof words)[])
    .filter((state) => updates[state] > 0)
    .map((state) => `${words[state]} on ${updates[state]}`);
  return said.length > 0 ? paint('red', said.join(', ')) : 'not stopped anywhere any more';
}

function lineOf(event: NebulaEvent, paint: Paint): string {
  switch (event.type) {
    case 'start':
      return paint('gray', 'listening');
    case 'reset':
      return paint('yellow', 'events may have been missed');
    case 'app': {
      const { app_name, revision, deleted, running } = event.data;
      return `${paint('bold', app_name)}  revision ${revision}: wanted ${deleted ? 'deleted' : running ? 'running' : 'stopped'}`;
    }
    case 'convergence': {
      const { app_name, revision, summary } = event.data;
      return `${paint('bold', app_name)}  revision ${revision}: ${summaryOf(summary, paint)}`;
    }
    case 'update': {
      const { app_name, revision, updates } = event.data;
      return `${paint('bold', app_name)}  revision ${revision}: the update is ${failuresOf(updates, paint)}`;
    }
    default:
      return event satisfies never;
  }
}
