import {
  type NebulaClient,
  pruneAll,
  pruneApp,
  releaseApp,
  restartApp,
  rollApp,
  startApp,
  stopApp,
} from '@nebula/sdk';
import type { Command } from 'commander';
import { type Asked, type Changed, make } from '../changes/change.js';
import { defineChange } from '../changes/define-change.js';
import { type ChangeOptions, changeOptions } from '../changes/options.js';
import { describePreview } from '../changes/describe-preview.js';
import { define, type Session, type World } from '../command.js';
import { confirm, say } from '../console/ask.js';
import { table } from '../console/table.js';
import { CommandError, UsageError } from '../usage-error.js';

interface Action {
  name: string;
  summary: string;
  details?: string;
  call: (client: NebulaClient, app: string, asked: Asked) => Promise<Changed>;
}

const ACTIONS: readonly Action[] = [
  {
    name: 'start',
    summary: 'Start an app that is stopped',
    call: (client, app, asked) => startApp({ client, path: { app }, ...asked }),
  },
  {
    name: 'stop',
    summary: 'Stop an app: its containers are removed everywhere, and it is kept',
    call: (client, app, asked) => stopApp({ client, path: { app }, ...asked }),
  },
  {
    name: 'restart',
    summary: 'Make every container anew from the image that is there',
    call: (client, app, asked) => restartApp({ client, path: { app }, ...asked }),
  },
  {
    name: 'roll',
    summary: 'Make every container anew, few at a time',
    details: 'So many at a time as may be away, whatever the strategy of the app is.',
    call: (client, app, asked) => rollApp({ client, path: { app }, ...asked }),
  },
];

export function addActionCommands(app: Command, world: World): void {
  for (const { name, call, ...words } of ACTIONS) {
    defineChange(app, world, {
      ...words,
      name,
      examples: [`app ${name} shop`, `app ${name} shop --yes --wait`],
      change: ({ client }, named) => ({
        question: `${titled(name)} ${named}`,
        send: (asked) => call(client, named, asked),
      }),
    });
  }
  defineChange<{ rolling?: boolean }>(app, world, {
    name: 'release',
    summary: 'Pull the image again, and make every container anew',
    details: 'If the pull fails, nothing is touched.',
    examples: ['app release shop', 'app release shop --rolling --yes --wait'],
    options: (command) => command.option('--rolling', 'few containers at a time, as roll does'),
    change: ({ client }, named, { rolling }) => ({
      question: `Release ${named}`,
      send: (asked) =>
        releaseApp({ client, path: { app: named }, ...(rolling ? { body: { rolling } } : {}), ...asked }),
    }),
  });
  define<ChangeOptions & { all?: boolean }>(app, world, {
    usage: 'prune [app]',
    summary: 'Remove images that nothing needs any more',
    details:
      'Containers that have ended and that no app comes back to go with them. None that runs is touched.',
    examples: ['app prune shop', 'app prune --all --dry-run', 'app prune --all --yes'],
    options: (command) => changeOptions(command.option('--all', 'on all workers of all apps')),
    completes: 'app',
    run: prune,
  });
}

async function prune(
  session: Session,
  [app]: string[],
  { all, ...options }: ChangeOptions & { all?: boolean },
): Promise<void> {
  const { client, terminal } = session;
  if ((app === undefined) !== (all === true)) throw new UsageError('give an app, or --all');
  if (app !== undefined)
    return make(session, options, {
      app,
      question: `Prune ${app}`,
      send: (asked) => pruneApp({ client, path: { app }, ...asked }),
    });
  const { yes, reason, dryRun, wait } = options;
  if (wait) throw new UsageError('--all goes without --wait');
  if (!dryRun) await confirm(terminal, 'Prune on all workers of all apps?', yes === true);
  const why = reason ? { reason } : {};
  const { items } = await pruneAll({ client, query: { ...why, ...(dryRun ? { dry_run: true } : {}) } });
  const what = ({ app_name, error, preview }: (typeof items)[number]) =>
    error ?? (preview === undefined ? '' : describePreview(app_name, preview, session.paint));
  await session.show({
    data: items,
    names: items.map(({ app_name }) => app_name),
    text: () =>
      items.length === 0
        ? 'There is no app yet.'
        : table(
            ['APP', 'REVISION', 'MESSAGE'],
            items.map((each) => [each.app_name, String(each.revision ?? ''), what(each)]),
          ),
  });
  const failed = items.filter(({ error }) => error !== null);
  if (failed.length > 0)
    throw new CommandError(`${failed.length} of ${items.length} apps could not be changed`);
  say(terminal, dryRun ? 'Nothing was changed.' : 'Workers are told.');
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
