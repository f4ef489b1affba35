import { etagOf, NebulaApiError, type Preview } from '@nebula/sdk';
import type { Session } from '../command.js';
import { naming } from '../commands/app-names.js';
import { confirm, say } from '../console/ask.js';
import { CommandError } from '../usage-error.js';
import { describePreview } from './describe-preview.js';
import { type ChangeOptions, followed } from './options.js';

/** What a call that changes an app is asked beside the change. */
export interface Asked {
  query: { dry_run?: true; reason?: string };
  headers: { 'If-Match'?: string; 'If-None-Match'?: string };
}

/** What a call that changes an app answers, in part. */
export interface Changed {
  app_name: string;
  revision: number;
  preview?: Preview;
}

export interface Change<Answer extends Changed> {
  app: string;
  /** For the question: `Change shop`. */
  question: string;
  /** Whether it deletes the app. */
  isDeletion?: boolean;
  /** What it was worked out from, where it isn't meant for any other state; what to do then, in words. */
  onlyFor?: { revision: number; updated_at: string; otherwise: string };
  /** Makes the change, or looks what it would be. */
  send: (asked: Asked) => Promise<Answer>;
}

/** So often somebody else may come first. */
const MOST_TRIES = 5;

/**
 * Makes a change as one trusts it with a fleet: shows what it would be, asks, makes it only if nobody came between, and
 * waits for the workers when that is wanted.
 */
export async function make<Answer extends Changed>(
  session: Session,
  options: ChangeOptions,
  change: Change<Answer>,
): Promise<void> {
  const { terminal, options: globals } = session;
  const done = await agreed(session, options, change);
  if ('preview' in done && done.preview !== undefined && options.dryRun) {
    const { preview } = done;
    return session.show({ data: preview, names: [change.app], text: () => '' });
  }
  if (globals.output === 'table') say(terminal, `${change.app} is at revision ${done.revision}.`);
  else await session.show({ data: done, names: [change.app], text: () => '' });
  await followed(session, change.app, done.revision, options, change.isDeletion);
}

async function agreed<Answer extends Changed>(
  session: Session,
  { yes, dryRun, reason }: ChangeOptions,
  { app, question, onlyFor, send }: Change<Answer>,
): Promise<Answer> {
  const { terminal, client } = session;
  const why = reason === undefined ? {} : { reason };
  for (let tries = 1; ; tries += 1) {
    const looked = await naming(client, app, () => send({ query: { dry_run: true, ...why }, headers: {} }));
    const preview = previewed(looked);
    if (onlyFor && preview.revision !== onlyFor.revision) throw overtaken(app, onlyFor.otherwise);
    say(terminal, describePreview(app, preview, session.paintBeside));
    if (dryRun || preview.result === 'unchanged') return looked;
    await confirm(terminal, `${question}?`, yes === true);
    try {
      return await send({ query: why, headers: onlyAsLookedAt(onlyFor ?? preview) });
    } catch (error) {
      const isOvertaken = error instanceof NebulaApiError && (error.status === 412 || error.status === 409);
      if (!isOvertaken || tries === MOST_TRIES) throw error;
      if (onlyFor) throw overtaken(app, onlyFor.otherwise);
      say(terminal, `Somebody else has changed ${app} meanwhile. Now it would be:`);
    }
  }
}

/**
 * What would be, in the answer to a dry run.
 * @throws {CommandError} when the api has not looked for it: whoever does not know dry runs may have made the change
 */
export function previewed<Of>(answer: { preview?: Of } | void): Of {
  if (answer?.preview === undefined)
    throw new CommandError('the api did not answer with what would change; look before you try again');
  return answer.preview;
}

function overtaken(app: string, otherwise: string): CommandError {
  return new CommandError(`somebody else has changed ${app} meanwhile; ${otherwise}`);
}

function onlyAsLookedAt(at: { revision: number | null; updated_at?: string }): Asked['headers'] {
  const { revision } = at;
  return revision === null ? { 'If-None-Match': '*' } : { 'If-Match': etagOf({ ...at, revision }) };
}
