import { type Applied, type AppliedApp, applyApps, exportApps, NebulaApiError } from '@nebula/sdk';
import type { Command } from 'commander';
import { type ReadApps, readApps } from '../changes/app-files.js';
import { describePreview } from '../changes/describe-preview.js';
import { follow } from '../changes/follow.js';
import { type ChangeOptions, changeOptions } from '../changes/options.js';
import { define, type Session, type World } from '../command.js';
import { confirm, say } from '../console/ask.js';
import { toYaml } from '../console/format.js';
import { table } from '../console/table.js';
import { parseDuration } from '../console/times.js';
import { CommandError, UsageError } from '../usage-error.js';

interface ApplyOptions extends ChangeOptions {
  file?: string[];
  prune?: boolean;
  prefix?: string;
}

/** Many apps in one document. */
export function addDocumentCommands(program: Command, world: World): void {
  define<ApplyOptions>(program, world, {
    usage: 'apply',
    summary: 'Create or change the apps of a document, where they differ',
    details:
      'A file has a list under "apps", as an export has, or one app; several documents of YAML may be in one file. ' +
      'If any of it is wrong, nothing is changed. Apps that are in no file are left alone, unless --prune is given.',
    examples: [
      'apply -f apps.yaml',
      'apply -f apps/ --prune --yes --wait',
      'export | sed s/:41/:42/ | nebulactl apply -f - --yes',
    ],
    options: (command) =>
      changeOptions(
        command
          .option(
            '-f, --file <path...>',
            'a file, a folder with .yaml, .yml and .json files, or - for the input',
          )
          .option('--prune', 'delete the apps that are in no file')
          .option('--prefix <text>', 'with --prune: only those whose name begins so'),
      ),
    run: (session, _args, options) => apply(session, options),
  });
  define<{ prefix?: string }>(program, world, {
    usage: 'export',
    summary: 'Print all apps as a document that can be applied again',
    details:
      'YAML, or JSON with -o json. Values of secrets are masked; a mask that is applied keeps the value.',
    examples: ['export > apps.yaml', 'export --prefix shop- -o json'],
    options: (command) => command.option('--prefix <text>', 'only apps whose name begins so'),
    run: exportAll,
  });
}

async function apply(session: Session, options: ApplyOptions): Promise<void> {
  const { terminal } = session;
  const { file = [], prune = false, prefix, reason, dryRun, yes } = options;
  if (file.length === 0) throw new UsageError('nothing to apply: give a file with -f');
  if (prefix !== undefined && !prune) throw new UsageError('--prefix goes with --prune alone');
  const read = await readApps(terminal, file);
  const query = {
    ...(reason === undefined ? {} : { reason }),
    ...(prune ? { prune } : {}),
    ...(prefix === undefined ? {} : { prefix }),
  };
  const looked = await send(session, read, { ...query, dry_run: true });
  const changing = looked.items.filter(({ result }) => result !== 'unchanged');
  for (const item of changing) describe(session, item);
  const same = looked.items.length - changing.length;
  if (same > 0) say(terminal, same === 1 ? '1 app is so already.' : `${same} apps are so already.`);
  const isSettled = changing.every(({ result }) => result === 'failed' || result === 'kept');
  if (dryRun || isSettled) {
    const failure = await shown(session, looked);
    if (failure) throw failure;
    return;
  }
  await confirm(terminal, `Apply this to ${apps(changing.length)}?`, yes === true);
  const applied = await send(session, read, query);
  // What was done is waited for, also where not all was.
  const failure = await shown(session, applied);
  if (options.wait) await followAll(session, applied, options);
  if (failure) throw failure;
}

function describe(
  { terminal, paintBeside: paint }: Session,
  { app_name, preview, problem }: AppliedApp,
): void {
  say(terminal, paint('bold', `${app_name}:`));
  if (preview) say(terminal, describePreview(app_name, preview, paint));
  if (problem) say(terminal, paint('red', problem.detail));
}

async function send(
  { client }: Session,
  { document, origins }: ReadApps,
  query: NonNullable<Parameters<typeof applyApps>[0]['query']>,
): Promise<Applied> {
  try {
    return await applyApps({ client, body: document, query });
  } catch (error) {
    if (!(error instanceof NebulaApiError) || error.errors.length === 0) throw error;
    const lines = error.errors.map(({ pointer, message, parameter }) => {
      const [, index, rest = ''] = /^\/apps\/(\d+)(.*)$/.exec(pointer ?? '') ?? [];
      if (index === undefined) return `${pointer ?? parameter ?? 'the document'} ${message}`;
      const name = document.apps[Number(index)]?.app_name ?? `app ${Number(index) + 1}`;
      return `${origins[Number(index)]}: ${name}${rest === '' ? '' : ` ${rest}`} ${message}`;
    });
    throw new CommandError([`${error.title}, so nothing was changed:`, ...lines].join('\n  '));
  }
}

/** Prints what became of each, and answers what to end with when not all was done. */
async function shown(session: Session, applied: Applied): Promise<CommandError | null> {
  const { items } = applied;
  await session.show({
    data: applied,
    names: items.filter(({ result }) => result !== 'unchanged').map(({ app_name }) => app_name),
    text: () =>
      table(
        ['APP', 'RESULT', 'REVISION', 'MESSAGE'],
        items.map((item) => [
          item.app_name,
          applied.dry_run && item.result !== 'unchanged' ? `would be ${item.result}` : item.result,
          String(item.revision ?? ''),
          item.problem?.detail ?? '',
        ]),
      ),
  });
  const failed = items.filter(({ result }) => result === 'failed' || result === 'kept');
  return failed.length === 0
    ? null
    : new CommandError(`${apps(failed.length)} of ${items.length} could not be changed`);
}

/** One app after the other, all within the time limit. */
async function followAll(session: Session, { items }: Applied, options: ChangeOptions): Promise<void> {
  const end = session.now() + parseDuration('--timeout', options.timeout);
  for (const { app_name, revision, result } of items) {
    if (revision === null || (result !== 'created' && result !== 'changed')) continue;
    const timeoutMs = Math.max(1, end - session.now());
    await follow(session, { app: app_name, revision, timeoutMs, keepGoing: options.keepGoing === true });
  }
}

async function exportAll(session: Session, _args: string[], { prefix }: { prefix?: string }): Promise<void> {
  const { client, terminal } = session;
  const query = prefix === undefined ? {} : { prefix };
  const document = await exportApps({ client, query, signal: terminal.signal });
  const yaml = await toYaml(document);
  await session.show({
    data: document,
    names: document.apps.map(({ app_name }) => app_name),
    text: () => yaml.trimEnd(),
  });
}

function apps(count: number): string {
  return count === 1 ? '1 app' : `${count} apps`;
}
