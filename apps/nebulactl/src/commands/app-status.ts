import { type AppStatus, eachPage, getAppStatus, type WorkerStatus } from '@nebula/sdk';
import { type Command, Option } from 'commander';
import { define, type Session, type World } from '../command.js';
import { type Paint, paintState } from '../console/colors.js';
import { facts, oneLine, table } from '../console/table.js';
import { ageOf } from '../console/times.js';
import { UsageError } from '../usage-error.js';
import { naming } from './app-names.js';

type State = WorkerStatus['state'];
const STATES: readonly State[] = ['converged', 'converging', 'failed', 'offline'];

interface StatusOptions {
  state?: State;
  limit: string;
  slowest?: boolean;
}

export function addStatus(app: Command, world: World): void {
  define<StatusOptions>(app, world, {
    usage: 'status <app>',
    summary: 'Show how far the workers of an app are',
    examples: ['app status shop', 'app status shop --state failed --limit 0', 'app status shop --slowest'],
    options: (command) =>
      command
        .addOption(new Option('--state <state>', 'only workers in this state').choices(STATES))
        .option('--slowest', 'those that took longest, in place of all by id')
        .option('--limit <number>', 'most workers to show, 0 for all', '20'),
    completes: 'app',
    run: showStatus,
  });
}

async function showStatus(session: Session, [app = '']: string[], options: StatusOptions): Promise<void> {
  const { client, show, paint, now } = session;
  const status = await naming(client, app, () => statusOf(session, app, options));
  await show({
    data: status,
    names: status.workers.map(({ worker_id }) => worker_id),
    text: () =>
      [overview(status, paint, now()), workersOf(status, paint, now())].filter(Boolean).join('\n\n'),
  });
}

/** With so many workers as were asked for. */
async function statusOf(
  { client, terminal }: Session,
  app: string,
  options: StatusOptions,
): Promise<AppStatus> {
  const limit = Number(options.limit);
  if (!/^\d{1,9}$/.test(options.limit))
    throw new UsageError(`--limit must be a whole number, not ${JSON.stringify(options.limit)}`);
  const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  const query = {
    limit: Math.min(most, 1_000),
    ...(options.state ? { state: options.state } : {}),
    ...(options.slowest ? { sort: 'slowest' as const } : {}),
  };
  let status: AppStatus | null = null;
  for await (const page of eachPage(getAppStatus, {
    client,
    path: { app },
    query,
    signal: terminal.signal,
  })) {
    status = status === null ? page : { ...page, workers: [...status.workers, ...page.workers] };
    if (status.workers.length >= most) break;
  }
  // Every list has a first page.
  return status as AppStatus;
}

function overview(status: AppStatus, paint: Paint, now: number): string {
  const { app_name, revision, since, deleted, running, convergence, epoch, revisions } = status;
  const behind = revisions.filter((each) => each.revision !== revision || each.epoch !== epoch);
  return facts([
    ['app', app_name],
    ['wanted', deleted ? 'deleted' : running ? 'running' : 'stopped'],
    ['revision', `${revision}, made ${ageOf(since, now)} ago`],
    ['workers', summaryOf(status.summary, paint)],
    ['other revisions', behind.map((each) => `${each.workers} at ${each.revision || 'none'}`).join(', ')],
    ['took', convergence && tookOf(convergence)],
  ]);
}

/** `3 converged, 1 failed`. */
export function summaryOf(summary: AppStatus['summary'], paint: Paint): string {
  const parts = STATES.filter((state) => summary[state] > 0).map((state) => {
    const text = `${summary[state]} ${state}`;
    return state === 'converged' ? paint('green', text) : state === 'failed' ? paint('red', text) : text;
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}

export function tookOf({ p50_seconds, p99_seconds }: NonNullable<AppStatus['convergence']>): string {
  return `p50 ${p50_seconds.toFixed(1)} s, p99 ${p99_seconds.toFixed(1)} s`;
}

function workersOf({ workers, next_cursor }: AppStatus, paint: Paint, now: number): string {
  if (workers.length === 0) return '';
  const rows = workers.map((worker) => [
    worker.hostname,
    worker.worker_id,
    paintState(paint, worker.state),
    worker.revision === 0 ? '' : String(worker.revision),
    `${worker.containers.filter(({ state }) => state === 'running').length}/${worker.containers.length}`,
    worker.seconds_to_converge === null ? '' : `${worker.seconds_to_converge.toFixed(1)} s`,
    ageOf(worker.last_seen_at, now),
    reasonOf(worker),
  ]);
  const columns = ['HOSTNAME', 'WORKER', 'STATE', 'REVISION', 'RUNNING', 'TOOK', 'SEEN', 'MESSAGE'];
  const more =
    next_cursor === null ? '' : '\n… and more: --limit 0 shows all, --state failed those that failed';
  return table(columns, rows) + more;
}

function reasonOf({ last_error, progress }: WorkerStatus): string {
  if (last_error === null) return oneLine(progress ?? '');
  return oneLine(`${last_error.step}: ${last_error.message}`);
}
