import { type Applied, type AppliedApp, applyApps, expectedOf, NebulaApiError } from '@nebula/sdk';
import type { Session } from '../command.js';
import { confirm, say } from '../console/ask.js';
import { table } from '../console/table.js';
import { CommandError } from '../usage-error.js';
import type { ReadApps } from './app-files.js';
import { describePreview } from './describe-preview.js';
import { partsOf } from './document-parts.js';
import type { Followed } from './follow.js';
import { followAll, together } from './follow-all.js';
import type { ChangeOptions } from './options.js';

export interface ApplyOptions extends ChangeOptions {
  prune?: boolean;
  prefix?: string;
}

type Query = NonNullable<Parameters<typeof applyApps>[0]['query']>;

/** So often somebody else may come first. */
const MOST_TRIES = 5;

/** So many of the apps that somebody else has changed are named. */
const MOST_NAMED = 5;

/**
 * Makes apps what files say: shows what would be, asks, makes only what was shown, and waits for the workers of all of
 * them when that is wanted.
 */
export async function applyDocument(session: Session, read: ReadApps, options: ApplyOptions): Promise<void> {
  const { prune = false, prefix, reason } = options;
  const query: Query = {
    ...(reason === undefined ? {} : { reason }),
    ...(prune ? { prune } : {}),
    ...(prefix === undefined ? {} : { prefix }),
  };
  const applied = await agreed(session, partsOf(read, prune), query, options);
  const failure = await shown(session, applied);
  const isWaiting = options.wait === true && options.dryRun !== true;
  // What was done is waited for, also where not all was.
  const late = isWaiting ? await followAll(session, applied.items.flatMap(followedOf), options) : [];
  const all = together([...(failure ? [failure] : []), ...late]);
  if (all) throw all;
}

/** What was done, or would be where that is all that was asked for or nothing is to be done. */
async function agreed(
  session: Session,
  parts: readonly ReadApps[],
  query: Query,
  { dryRun, yes }: ApplyOptions,
): Promise<Applied> {
  const { terminal } = session;
  const done: AppliedApp[] = [];
  let left = parts;
  try {
    for (let tries = 1; ; tries += 1) {
      const looked = await lookAt(session, left, query, otherwiseOf(done));
      const items = looked.flatMap((each) => each.items);
      const changing = described(session, items);
      if (dryRun || changing.every(({ result }) => result === 'failed' || result === 'kept'))
        return { dry_run: done.length === 0, items: [...done, ...items] };
      await confirm(terminal, `Apply this to ${apps(changing.length)}?`, yes === true, otherwiseOf(done));
      const seen = left.map((part, index) => withSeen(part, looked[index]));
      const { sent, overtaken } = await sendAll(session, seen, query, done);
      if (overtaken === null) return { dry_run: false, items: done };
      left = left.slice(sent);
      if (tries === MOST_TRIES) throw overtaken;
      say(terminal, `Somebody else has changed ${changedIn(overtaken)} meanwhile. Now it would be:`);
    }
  } catch (error) {
    // The parts before are as they were sent.
    if (done.length > 0) await shown(session, { dry_run: false, items: done });
    throw error;
  }
}

/** Says of each app that would change what would, and answers those. */
function described(session: Session, items: readonly AppliedApp[]): AppliedApp[] {
  const { terminal, paintBeside: paint } = session;
  const changing = items.filter(({ result }) => result !== 'unchanged');
  for (const { app_name, preview, problem } of changing) {
    say(terminal, paint('bold', `${app_name}:`));
    if (preview) say(terminal, describePreview(app_name, preview, paint));
    if (problem) say(terminal, paint('red', problem.detail));
  }
  const same = items.length - changing.length;
  if (same > 0) say(terminal, same === 1 ? '1 app is so already.' : `${same} apps are so already.`);
  return changing;
}

/** What is with what was not done, in words. */
function otherwiseOf(done: readonly AppliedApp[]): string {
  return done.length === 0 ? 'nothing was changed' : 'the rest was not changed';
}

/** Every part is looked at before the first is sent, so what is wrong in any keeps all from being changed. */
async function lookAt(
  session: Session,
  parts: readonly ReadApps[],
  query: Query,
  otherwise: string,
): Promise<Applied[]> {
  const looked: Applied[] = [];
  for (const part of parts) looked.push(await send(session, part, { ...query, dry_run: true }, otherwise));
  return looked;
}

type Part = ReadApps & { expected?: Record<string, number | null> };

function withSeen(part: ReadApps, looked: Applied | undefined): Part {
  return looked === undefined ? part : { ...part, expected: expectedOf(looked) };
}

/**
 * Sends one part after the other, until one isn't any more as it was looked at: of that nothing was done.
 * @param done what became of the apps is added to it
 * @returns how many parts were sent
 */
async function sendAll(
  session: Session,
  parts: readonly Part[],
  query: Query,
  done: AppliedApp[],
): Promise<{ sent: number; overtaken: NebulaApiError | null }> {
  for (const [sent, part] of parts.entries()) {
    try {
      done.push(...(await send(session, part, query, otherwiseOf(done))).items);
    } catch (error) {
      if (!(error instanceof NebulaApiError) || error.status !== 412) throw error;
      return { sent, overtaken: error };
    }
  }
  return { sent: parts.length, overtaken: null };
}

async function send(
  { client }: Session,
  { document, origins, expected }: Part,
  query: Query,
  otherwise: string,
): Promise<Applied> {
  try {
    return await applyApps({ client, body: { ...document, ...(expected ? { expected } : {}) }, query });
  } catch (error) {
    if (!(error instanceof NebulaApiError) || error.status !== 422) throw error;
    if (!error.errors.some(({ pointer }) => pointer?.startsWith('/apps/'))) throw error;
    const lines = error.errors.map(({ pointer, message, parameter }) => {
      const [, index, rest = ''] = /^\/apps\/(\d+)(.*)$/.exec(pointer ?? '') ?? [];
      if (index === undefined) return `${pointer ?? parameter ?? 'the document'} ${message}`;
      const name = document.apps[Number(index)]?.app_name ?? `app ${Number(index) + 1}`;
      return `${origins[Number(index)]}: ${name}${rest === '' ? '' : ` ${rest}`} ${message}`;
    });
    throw new CommandError([`${error.title}, so ${otherwise}:`, ...lines].join('\n  '));
  }
}

function changedIn({ errors }: NebulaApiError): string {
  const names = errors.map(({ pointer }) => pointer?.replace('/expected/', '') ?? '');
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return names.length === 0 ? 'an app' : `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
}

/** Nothing for what wasn't done; what is so already is waited for as it is. */
function followedOf({
  app_name: app,
  result,
  revision,
  preview,
}: AppliedApp): Pick<Followed, 'app' | 'revision' | 'isGone'>[] {
  const wanted = revision ?? preview?.revision ?? null;
  if (wanted === null || result === 'failed' || result === 'kept') return [];
  return [{ app, revision: wanted, isGone: result === 'deleted' }];
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

function apps(count: number): string {
  return count === 1 ? '1 app' : `${count} apps`;
}
