import { type App, eachItem, getApp, getRevision, listApps, type Revision } from '@nebula/sdk';
import type { Command } from 'commander';
import { follow } from '../changes/follow.js';
import { timeoutOption } from '../changes/options.js';
import { define, type Session, type World } from '../command.js';
import { paintState } from '../console/colors.js';
import { toYamlText } from '../console/format.js';
import { table } from '../console/table.js';
import { ageOf } from '../console/times.js';
import { revisionOf } from './app-history.js';
import { naming } from './app-names.js';
import { addStatus } from './app-status.js';

export function addReadCommands(app: Command, world: World): void {
  define<{ prefix?: string }>(app, world, {
    usage: 'list',
    summary: 'List apps',
    examples: ['app list', 'app list --prefix shop -o name'],
    options: (command) => command.option('--prefix <text>', 'only names that begin so'),
    run: listAll,
  });
  define<{ revision?: string }>(app, world, {
    usage: 'get <app>',
    summary: 'Show an app',
    details: 'What has its default is left out; -o yaml and -o json have all of it.',
    examples: ['app get shop', 'app get shop -o yaml', 'app get shop --revision 7'],
    options: (command) => command.option('--revision <number>', 'as it was then, in place of now'),
    completes: 'app',
    run: getOne,
  });
  addStatus(app, world);
  define<{ revision?: string; timeout: number; keepGoing?: boolean }>(app, world, {
    usage: 'wait <app>',
    summary: 'Wait until every worker that is online has converged',
    details:
      'Ends with 0 only then, with 1 as soon as a worker has failed or the app was deleted after that revision, or made anew after its deletion, and with 124 when the time is over.',
    examples: ['app wait shop', 'app wait shop --revision 12 --timeout 5m'],
    options: (command) =>
      timeoutOption(command).option(
        '--revision <number>',
        'this one or a newer one; the desired one when left out',
      ),
    completes: 'app',
    run: (session, [name = ''], { revision, timeout, keepGoing }) =>
      naming(session.client, name, () =>
        follow(session, {
          app: name,
          timeoutMs: timeout,
          keepGoing: keepGoing === true,
          ...(revision === undefined ? {} : { revision: revisionOf('--revision', revision) }),
        }),
      ),
  });
}

async function listAll(
  { client, terminal, now, show, paint }: Session,
  _: string[],
  { prefix }: { prefix?: string },
) {
  const apps: App[] = [];
  const query = { limit: 1_000, ...(prefix === undefined ? {} : { prefix }) };
  for await (const app of eachItem(listApps, { client, query, signal: terminal.signal })) apps.push(app);
  await show({
    data: apps,
    names: apps.map(({ app_name }) => app_name),
    text: () =>
      apps.length === 0
        ? 'There is no app yet: nebulactl app create --help'
        : table(
            ['NAME', 'IMAGE', 'REPLICAS', 'PORTS', 'STATE', 'REVISION', 'CHANGED'],
            apps.map((app) => [
              app.app_name,
              app.docker_image,
              replicasOf(app),
              app.starting_ports.map(portOf).join(','),
              paintState(paint, app.running ? 'running' : 'stopped'),
              String(app.revision),
              ageOf(app.updated_at, now()),
            ]),
          ),
  });
}

async function getOne(
  session: Session,
  [name = '']: string[],
  { revision }: { revision?: string },
): Promise<void> {
  const { client, terminal } = session;
  const asked = { client, signal: terminal.signal };
  const number = revision === undefined ? null : revisionOf('--revision', revision);
  const app = await naming<App | Revision>(client, name, () =>
    number === null
      ? getApp({ ...asked, path: { app: name } })
      : getRevision({ ...asked, path: { app: name, revision: number } }),
  );
  const text = await toYamlText(withoutEmpty(app));
  await session.show({ data: app, names: [name], text: () => text });
}

/** `1 per server`, as people say it. */
export function replicasOf({ containers_per }: Pick<App, 'containers_per'>): string {
  const [[unit, count] = ['server', 1]] = Object.entries(containers_per);
  return unit === 'memory' || unit === 'mem' ? `1 per ${count} MiB` : `${count} per ${unit}`;
}

/** As it is written in a command: `81:80`. */
function portOf(port: App['starting_ports'][number]): string {
  return typeof port === 'object'
    ? Object.entries(port)
        .map(([host, inside]) => `${host}:${inside}`)
        .join(',')
    : String(port);
}

/** Without what says nothing: no value, an empty list or object, a switch that is off. */
function withoutEmpty(app: App | Revision): Record<string, unknown> {
  const { spec, ...others } = 'spec' in app ? app : { spec: {}, ...app };
  const isTold = ([name, value]: [string, unknown]) =>
    name === 'running' ||
    !(value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0));
  return Object.fromEntries(Object.entries({ ...others, ...spec }).filter(isTold));
}
