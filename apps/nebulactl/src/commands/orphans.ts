import { eachItem, listOrphans, type Orphan } from '@nebula/sdk';
import type { Command } from 'commander';
import { define, type World } from '../command.js';
import { table } from '../console/table.js';

export function addOrphans(program: Command, world: World): void {
  define(program, world, {
    usage: 'orphans',
    summary: 'List apps that workers run and the database does not know',
    details:
      'They were made after the backup from which it was restored. app create takes one over, app delete removes it.',
    examples: ['orphans'],
    run: async ({ client, terminal, show }) => {
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
                ['APP', 'WORKERS', 'EPOCH', 'REVISION'],
                orphans.map((each) => [
                  each.app_name,
                  String(each.workers),
                  String(each.epoch),
                  String(each.revision),
                ]),
              ),
      });
    },
  });
}
