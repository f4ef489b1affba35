import { getHealth } from '@nebula/sdk';
import type { Command } from 'commander';
import { define, type Session, type World } from '../command.js';
import { clientOf } from '../connection/session.js';
import { facts } from '../console/table.js';
import { VERSION } from '../version.js';

export function addVersion(program: Command, world: World): void {
  program.version(VERSION, '-V, --version', 'say which version this is');
  define<{ client?: boolean }>(program, world, {
    usage: 'version',
    summary: 'Say which version this is, and which one the api is',
    examples: ['version', 'version --client'],
    options: (command) => command.option('--client', 'this program alone'),
    run: async (session, _, { client: onlyThis }) => {
      let api: string | null = null;
      let failure: unknown = null;
      try {
        if (!onlyThis) api = await versionOfApi(session);
      } catch (error) {
        failure = error;
      }
      await session.show({
        data: { client: VERSION, ...(api === null ? {} : { api }) },
        names: [VERSION],
        text: () =>
          facts([
            ['nebulactl', VERSION],
            ['api', api],
          ]),
      });
      // What is known is told all the same.
      if (failure !== null) throw failure as Error;
    },
  });
}

async function versionOfApi({ connection, terminal }: Session): Promise<string> {
  const client = clientOf(terminal, connection, 5_000);
  return (await getHealth({ client, signal: terminal.signal })).version;
}
