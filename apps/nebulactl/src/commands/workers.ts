import { eachItem, forgetWorker, getWorker, type ListedWorker, listWorkers, type Worker } from '@nebula/sdk';
import { type Command, Option } from 'commander';
import { previewed } from '../changes/change.js';
import { dryRunOption } from '../changes/options.js';
import { isGoneAfterRepeat, saidOfGone } from '../changes/repeated.js';
import { define, type Session, type World } from '../command.js';
import { paintState } from '../console/colors.js';
import { confirm, say } from '../console/ask.js';
import { facts, table } from '../console/table.js';
import { ageOf } from '../console/times.js';

interface ListOptions {
  state?: 'online' | 'offline';
  app?: string;
  label?: string;
}

interface ForgetOptions {
  yes?: boolean;
  dryRun?: boolean;
}

export function addWorkerCommands(worker: Command, world: World): void {
  define<ListOptions>(worker, world, {
    usage: 'list',
    summary: 'List workers',
    examples: [
      'worker list',
      'worker list --state offline',
      'worker list --app shop --label region=eu -o name',
    ],
    options: (command) =>
      command
        .addOption(new Option('--state <state>', 'only workers in this state').choices(['online', 'offline']))
        .option('--app <name>', 'only workers that run this app')
        .option('--label <name=text>', 'only workers that have this label'),
    run: listAll,
  });
  define(worker, world, {
    usage: 'get <worker>',
    summary: 'Show a worker with its apps',
    examples: ['worker get web-17', 'worker get web-17 -o json'],
    completes: 'worker',
    run: getOne,
  });
  define<ForgetOptions>(worker, world, {
    usage: 'forget <worker>',
    summary: 'Forget a worker that is gone for good',
    details: 'It has to be offline. Should it come back, it is listed again.',
    examples: ['worker forget web-17', 'worker forget web-17 --yes'],
    options: (command) => dryRunOption(command.option('-y, --yes', 'do not ask')),
    completes: 'worker',
    run: forget,
  });
}

async function forget(
  { client, terminal, show, now }: Session,
  [id = '']: string[],
  { yes, dryRun }: ForgetOptions,
): Promise<void> {
  const call = { client, path: { worker: id } };
  if (dryRun) {
    const preview = previewed(await forgetWorker({ ...call, query: { dry_run: true } }));
    const { last_seen_at, apps } = preview.worker;
    const names = apps.map(({ app_name }) => app_name).join(', ') || 'none';
    say(
      terminal,
      `${id} would be forgotten: not heard of for ${ageOf(last_seen_at, now())}; its apps: ${names}.`,
    );
    return show({ data: preview, names: [id], text: () => '' });
  }
  await confirm(terminal, `Forget the worker ${id}?`, yes === true);
  try {
    await forgetWorker(call);
  } catch (error) {
    if (!isGoneAfterRepeat(error, 'urn:nebula:problem:worker-not-found')) throw error;
    return say(terminal, saidOfGone(id));
  }
  say(terminal, `${id} is forgotten.`);
}

async function listAll(
  { client, terminal, show, paint, now }: Session,
  _: string[],
  options: ListOptions,
): Promise<void> {
  const { state, app, label } = options;
  const query = {
    limit: 1_000,
    ...(state ? { state } : {}),
    ...(app ? { app } : {}),
    ...(label ? { label } : {}),
  };
  const workers: ListedWorker[] = [];
  for await (const each of eachItem(listWorkers, { client, query, signal: terminal.signal }))
    workers.push(each);
  await show({
    data: workers,
    names: workers.map(({ worker_id }) => worker_id),
    text: () =>
      workers.length === 0
        ? 'There is no such worker.'
        : table(
            ['WORKER', 'HOSTNAME', 'STATE', 'APPS', 'CORES', 'MEMORY', 'VERSION', 'LABELS', 'SEEN'],
            workers.map((worker) => [
              worker.worker_id,
              worker.hostname,
              paintState(paint, worker.state),
              worker.apps.join(','),
              String(worker.cores),
              memoryOf(worker),
              worker.worker_version,
              labelsOf(worker),
              ageOf(worker.last_seen_at, now()),
            ]),
          ),
  });
}

async function getOne({ client, terminal, show, paint, now }: Session, [id = '']: string[]): Promise<void> {
  const worker = await getWorker({ client, path: { worker: id }, signal: terminal.signal });
  await show({
    data: worker,
    names: [worker.worker_id],
    text: () => [factsOf(worker, now()), appsOf(worker)].filter(Boolean).join('\n\n'),
  });

  function appsOf({ apps }: Worker): string {
    if (apps.length === 0) return '';
    return table(
      ['APP', 'REVISION', 'STATE', 'MESSAGE'],
      apps.map(({ app_name, revision, state, last_error }) => [
        app_name,
        String(revision),
        paintState(paint, state),
        last_error === null ? '' : `${last_error.step}: ${last_error.message}`,
      ]),
    );
  }
}

function factsOf(worker: Worker, now: number): string {
  return facts([
    ['worker', worker.worker_id],
    ['hostname', worker.hostname],
    ['state', `${worker.state}, heard of ${ageOf(worker.last_seen_at, now)} ago`],
    ['version', worker.worker_version],
    ['engine', `${worker.engine_version}, ${worker.architecture}`],
    ['machine', `${worker.cores} cores, ${memoryOf(worker)}`],
    ['labels', labelsOf(worker)],
    ['known for', ageOf(worker.first_seen_at, now)],
    [
      'warning',
      worker.duplicate_since && `two workers report under this id, since ${worker.duplicate_since}`,
    ],
  ]);
}

function memoryOf({ memory_bytes }: Pick<Worker, 'memory_bytes'>): string {
  return `${(memory_bytes / 2 ** 30).toFixed(1)} GiB`;
}

function labelsOf({ labels }: Pick<Worker, 'labels'>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}
