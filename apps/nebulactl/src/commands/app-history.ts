import {
  diffRevisions,
  eachItem,
  getApp,
  type ListedRevision,
  listRevisions,
  NebulaApiError,
  rollbackApp,
} from '@nebula/sdk';
import type { Command } from 'commander';
import type { Asked } from '../changes/change.js';
import { defineChange } from '../changes/define-change.js';
import { describeDiff } from '../changes/describe-preview.js';
import { define, type Session, type World } from '../command.js';
import { say } from '../console/ask.js';
import { table } from '../console/table.js';
import { ageOf } from '../console/times.js';
import { CommandError, UsageError } from '../usage-error.js';
import { naming } from './app-names.js';

export function addHistoryCommands(app: Command, world: World): void {
  define<{ limit: string }>(app, world, {
    usage: 'history <app>',
    summary: 'List the revisions of an app, with who made them and why',
    examples: ['app history shop', 'app history shop --limit 0 -o json'],
    options: (command) => command.option('--limit <number>', 'most revisions to show, 0 for all', '20'),
    completes: 'app',
    run: history,
  });
  define<{ from?: string; to?: string }>(app, world, {
    usage: 'diff <app>',
    summary: 'Compare two revisions of an app',
    details: 'The one before and the current one, when nothing else is said.',
    examples: ['app diff shop', 'app diff shop --from 7 --to 9'],
    options: (command) =>
      command.option('--from <revision>', 'the earlier one').option('--to <revision>', 'the later one'),
    completes: 'app',
    run: diff,
  });
  defineChange<{ to?: string }>(app, world, {
    name: 'rollback',
    summary: 'Make the spec of an earlier revision the current one',
    details:
      'That is a revision of its own. Without --to, it is the last one whose spec is another than the current one: revisions of restart, roll, release and prune are passed over.',
    examples: ['app rollback shop', 'app rollback shop --to 7 --yes --wait'],
    options: (command) => command.option('--to <revision>', 'which one; see app history'),
    change: rollback,
  });
}

/** @throws {UsageError} that names the option */
export function revisionOf(option: string, text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${option} must be the number of a revision, not ${JSON.stringify(text)}`);
}

async function history(session: Session, [app = '']: string[], { limit }: { limit: string }): Promise<void> {
  if (!/^\d{1,9}$/.test(limit))
    throw new UsageError(`--limit must be a whole number, not ${JSON.stringify(limit)}`);
  const most = Number(limit) || Number.POSITIVE_INFINITY;
  const revisions = await naming(session.client, app, () => revisionsOf(session, app, most));
  await session.show({
    data: revisions,
    names: revisions.map(({ revision }) => String(revision)),
    text: () =>
      table(
        ['REVISION', 'CHANGE', 'WHO', 'WHEN', 'REASON'],
        revisions.map((each) => [
          String(each.revision),
          each.change ?? '',
          each.changed_by ?? '',
          `${ageOf(each.changed_at, session.now())} ago`,
          each.reason ?? '',
        ]),
      ),
  });
}

async function revisionsOf(
  { client, terminal }: Session,
  app: string,
  most: number,
): Promise<ListedRevision[]> {
  const revisions: ListedRevision[] = [];
  const options = { client, path: { app }, query: { limit: Math.min(most, 1_000) }, signal: terminal.signal };
  for await (const revision of eachItem(listRevisions, options)) {
    if (revisions.push(revision) >= most) break;
  }
  return revisions;
}

async function diff(
  session: Session,
  [app = '']: string[],
  { from, to }: { from?: string; to?: string },
): Promise<void> {
  const { client, terminal, paint } = session;
  const query = {
    ...(from === undefined ? {} : { from: revisionOf('--from', from) }),
    ...(to === undefined ? {} : { to: revisionOf('--to', to) }),
  };
  const answer = await naming(client, app, () =>
    diffRevisions({ client, path: { app }, query, signal: terminal.signal }),
  );
  await session.show({
    data: answer,
    names: answer.changes.map(({ pointer }) => pointer),
    text: () =>
      answer.changes.length === 0 ? 'Nothing differs.' : describeDiff(answer.changes, paint).join('\n'),
  });
}

async function rollback(session: Session, app: string, { to: wanted }: { to?: string }) {
  const { client } = session;
  const { to, ...meant } =
    wanted === undefined
      ? await naming(client, app, () => before(session, app))
      : { to: revisionOf('--to', wanted) };
  return {
    question: `Roll ${app} back to revision ${to}`,
    ...meant,
    send: (asked: Asked) => rollbackApp({ client, path: { app }, body: { to }, ...asked }),
  };
}

/**
 * The newest revision that has another spec than the current one: a restart and the like make one with the same, to which
 * going back would be nothing. Of a later current one it is another.
 */
async function before({ client, terminal }: Session, app: string) {
  const { signal } = terminal;
  const asked = { client, path: { app }, signal };
  const { revision, updated_at } = await getApp(asked);
  let isWishAbove = false;
  for await (const each of eachItem(listRevisions, { ...asked, query: { limit: 100 } })) {
    const { revision: to, deleted } = each;
    const isSame = isWishAbove;
    isWishAbove = isWish(each);
    if (to >= revision || deleted || isSame) continue;
    const changes = await changesBetween(to, revision);
    if (changes === null) break;
    if (changes.length === 0) continue;
    say(terminal, `Revision ${to} is the last one with another spec than revision ${revision} has now.`);
    const otherwise = `look at nebulactl app history ${app}, and name a revision with --to`;
    return { to, onlyFor: { revision, updated_at, otherwise } };
  }
  throw new CommandError(
    `no earlier revision of ${app} of those that are kept has another spec; see nebulactl app history ${app}`,
  );

  /** Null when the earlier one is kept no longer, and so none before it. */
  async function changesBetween(from: number, to: number) {
    try {
      return (await diffRevisions({ ...asked, query: { from, to } })).changes;
    } catch (error) {
      const isLost =
        error instanceof NebulaApiError && error.type === 'urn:nebula:problem:revision-not-found';
      if (isLost) return null;
      throw error;
    }
  }
}

/** Whether a revision has the spec of the one before it. */
function isWish({ change }: ListedRevision): boolean {
  return change !== null && ['restarted', 'rolled', 'released', 'pruned'].includes(change);
}
