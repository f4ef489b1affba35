import { eachItem, listOrphans, type Orphan } from '@nebula/sdk';
import type { Command } from 'commander';
import { define, type World } from '../command.js';
import type { Connection } from '../connection/session.js';
import { table } from '../console/table.js';

export function addOrphans(program: Command, world: World): void {
  define(program, world, {
    usage: 'orphans',
    summary: 'List apps that workers run and the database does not know',
    details:
      'They were made after the backup from which it was restored. app create takes one over, app delete removes it; both commands stand beside each.',
    examples: ['orphans'],
    run: async ({ client, connection, terminal, show }) => {
      const place = placeOf(connection);
      const orphans: Orphan[] = [];
      const options = { client, query: { limit: 1_000 }, signal: terminal.signal };
      for await (const orphan of eachItem(listOrphans, options)) orphans.push(orphan);
      await show({
        data: orphans,
        names: orphans.map(({ app_name }) => app_name),
        text: () =>
          orphans.length === 0
            ? 'There is none.'
            : table(
                ['APP', 'WORKERS', 'EPOCH', 'REVISION', 'KEEP IT WITH', 'REMOVE IT WITH'],
                orphans.map(({ app_name, workers, epoch, revision }) => [
                  ...[app_name, String(workers), String(epoch), String(revision)],
                  `nebulactl app create ${app_name} --image … ${place}`,
                  `nebulactl app delete ${app_name} ${place}`,
                ]),
              ),
      });
    },
  });
}

/** What sends a command to the same api from wherever it is pasted: in another one the app may be one that lives. */
function placeOf({ name, url }: Connection): string {
  return name === null ? `--url ${url}` : `--context ${name}`;
}
