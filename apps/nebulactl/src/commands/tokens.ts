import { createToken, eachItem, listTokens, revokeToken, type Token, type TokenRequest } from '@nebula/sdk';
import { type Command, Option } from 'commander';
import { previewed } from '../changes/change.js';
import { dryRunOption } from '../changes/options.js';
import { isGoneAfterRepeat, isNothingThere, saidOfGone } from '../changes/repeated.js';
import { define, type Session, type World } from '../command.js';
import { didYouMean } from '../connection/suggest.js';
import { confirm, say } from '../console/ask.js';
import { table } from '../console/table.js';
import { ageOf, parseDuration } from '../console/times.js';
import { writeLine } from '../console/terminal.js';
import { CommandError } from '../usage-error.js';

/** The api's word for a token that isn't there. */
const NO_TOKEN = 'urn:nebula:problem:token-not-found';

interface CreateOptions {
  rights: 'ro' | 'rw';
  app?: string[];
  expires?: string;
  dryRun?: boolean;
}

interface RevokeOptions {
  yes?: boolean;
  dryRun?: boolean;
}

export function addTokenCommands(token: Command, world: World): void {
  define(token, world, {
    usage: 'list',
    summary: 'List tokens',
    examples: ['token list'],
    run: async (session) => {
      const tokens = await tokensOf(session);
      await session.show({
        data: tokens,
        names: tokens.map(({ name }) => name),
        text: () => (tokens.length === 0 ? 'There is no token.' : tableOf(tokens, session.now())),
      });
    },
  });
  define<CreateOptions>(token, world, {
    usage: 'create <name>',
    summary: 'Make a token',
    details: 'It is printed this once, alone on the standard output; the api keeps its hash.',
    examples: [
      'token create ci --rights rw --app shop --app "shop-*" --expires 90d',
      'token create dashboard',
    ],
    options: (command) =>
      dryRunOption(command)
        .addOption(new Option('--rights <rights>', 'what it may do').choices(['ro', 'rw']).default('ro'))
        .option('--app <name>', 'only this app, or names that begin so: "shop-*"; can be repeated', collect)
        .option('--expires <time>', 'when it ends: in 90d or 12h, or at a moment like 2027-01-31T12:00:00Z'),
    run: create,
  });
  define<RevokeOptions>(token, world, {
    usage: 'revoke <name>',
    summary: 'Revoke a token',
    details: 'Every instance of the api refuses it from then on.',
    examples: ['token revoke ci'],
    options: (command) => dryRunOption(command.option('-y, --yes', 'do not ask')),
    completes: 'token',
    run: revoke,
  });
}

async function create(
  { client, terminal, options: { output }, show, now }: Session,
  [name = '']: string[],
  { rights, app, expires, dryRun }: CreateOptions,
): Promise<void> {
  const body: TokenRequest = {
    name,
    rights,
    apps: app ?? null,
    expires_at: expires === undefined ? null : momentOf(expires, now()),
  };
  if (dryRun) {
    const answer = await createToken({ client, body, query: { dry_run: true }, signal: terminal.signal });
    const preview = previewed(answer);
    say(terminal, `The token ${name} would be made: ${meaningOf(preview.token)}.`);
    return show({ data: preview, names: [name], text: () => '' });
  }
  const made = await createToken({ client, body, signal: terminal.signal });
  if (output !== 'table') return show({ data: made, names: [made.name], text: () => '' });
  writeLine(terminal.stdout, made.token);
  say(terminal, `The token ${name} is made. It is not shown again: keep it where only its user can read it.`);
}

async function revoke(
  session: Session,
  [name = '']: string[],
  { yes, dryRun }: RevokeOptions,
): Promise<void> {
  const { client, terminal, now } = session;
  const call = { client, path: { token: name } };
  if (!dryRun) await confirm(terminal, `Revoke the token ${name}?`, yes === true);
  try {
    if (dryRun) {
      const preview = previewed(await revokeToken({ ...call, query: { dry_run: true } }));
      const { last_used_at } = preview.token;
      const used =
        last_used_at === null ? 'was never used' : `was last used ${ageOf(last_used_at, now())} ago`;
      say(terminal, `The token ${name} would be revoked: ${meaningOf(preview.token)}. It ${used}.`);
      return await session.show({ data: preview, names: [name], text: () => '' });
    }
    await revokeToken(call);
  } catch (error) {
    if (!isNothingThere(error, NO_TOKEN)) throw error;
    if (!dryRun && isGoneAfterRepeat(error, NO_TOKEN)) return say(terminal, saidOfGone(`The token ${name}`));
    const names = (await tokensOf(session)).map((each) => each.name);
    throw new CommandError(
      `there is no token ${JSON.stringify(name)}${didYouMean(name, names) || '; see nebulactl token list'}`,
    );
  }
  say(session.terminal, `The token ${name} is revoked.`);
}

/** What whoever has it may do. */
function meaningOf({ rights, apps, expires_at }: Token): string {
  const may = rights === 'ro' ? 'reads' : 'reads and changes';
  const until = expires_at === null ? 'until it is revoked' : `until ${expires_at}`;
  return `it ${may} ${apps === null ? 'all apps' : apps.join(', ')} ${until}`;
}

async function tokensOf({ client, terminal }: Session): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const each of eachItem(listTokens, { client, query: { limit: 1_000 }, signal: terminal.signal }))
    tokens.push(each);
  return tokens;
}

function tableOf(tokens: readonly Token[], now: number): string {
  return table(
    ['NAME', 'RIGHTS', 'APPS', 'EXPIRES', 'LAST USED', 'MADE', 'MADE BY'],
    tokens.map((each) => [
      each.name,
      each.rights,
      each.apps?.join(',') ?? 'all',
      expiryOf(each, now),
      each.last_used_at === null ? 'never' : `${ageOf(each.last_used_at, now)} ago`,
      `${ageOf(each.created_at, now)} ago`,
      each.created_by,
    ]),
  );
}

function expiryOf({ expires_at }: Token, now: number): string {
  if (expires_at === null) return 'never';
  return Date.parse(expires_at) <= now ? 'expired' : expires_at.slice(0, 10);
}

/** @returns in the form of ISO 8601 */
function momentOf(text: string, now: number): string {
  const [day] = /^\d{4}-\d\d-\d\d/.exec(text) ?? [];
  const isMoment = /^\d{4}-/.test(text);
  const moment = new Date(isMoment ? text : now + parseDuration('--expires', text));
  // A day that its month lacks would be read as one of the next month.
  const isThere = !isMoment || (day !== undefined && utcDay(new Date(day)) === day);
  if (!isThere || utcDay(moment) === null)
    throw new CommandError(
      `--expires must be a time like 90d, or a moment like 2027-01-31T12:00:00Z, before the year 10000, not ${JSON.stringify(text)}`,
      2,
    );
  return moment.toISOString();
}

/** The day of a moment, null where it has none that is written with a year of four digits. */
function utcDay(moment: Date): string | null {
  if (Number.isNaN(moment.getTime())) return null;
  return /^\d{4}-\d\d-\d\d/.exec(moment.toISOString())?.[0] ?? null;
}

function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
