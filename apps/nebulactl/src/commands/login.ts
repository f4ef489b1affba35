import { listApps } from '@nebula/sdk';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { define, type Session, type World } from '../command.js';
import { type Context, ContextFile, type Contexts } from '../connection/context-file.js';
import { checkContextName, isSameAddress, nameOfAddress } from '../connection/context-name.js';
import { clientOf } from '../connection/session.js';
import { askLine, readSecret, say } from '../console/ask.js';
import { canAsk } from '../console/terminal.js';
import { UsageError } from '../usage-error.js';

interface LoginOptions {
  name?: string;
  user?: string;
  passwordStdin?: boolean;
  tokenStdin?: boolean;
  anonymous?: boolean;
}

export function addLogin(program: Command, world: World): void {
  define<LoginOptions>(program, world, {
    usage: 'login [address]',
    summary: 'Log in to an api, and keep that as a context',
    details:
      'Password or token are typed unseen, or read from the standard input; as an argument they would stay in the history of the shell. They are kept in a file that only you can read.',
    examples: [
      'login https://nebula.example.com --user admin',
      'login https://nebula.example.com --name prod --token-stdin < token.txt',
      'login http://127.0.0.1:8000 --anonymous',
    ],
    options: (command) =>
      command
        .option(
          '--name <context>',
          'what to call it; when left out as a context that the address has, or else by its host and path',
        )
        .option('--user <name>', 'log in with a user and a password')
        .option('--password-stdin', 'read the password from the standard input')
        .option('--token-stdin', 'read a token from the standard input')
        .option('--anonymous', 'the api asks for no login'),
    run: login,
  });
}

async function login(session: Session, [address]: string[], options: LoginOptions): Promise<void> {
  const { terminal, options: globals } = session;
  const url = address ?? globals.url ?? terminal.env['NEBULA_URL'];
  if (url === undefined || url === '')
    throw new UsageError('which api? Give its address: nebulactl login https://nebula.example.com');
  const caFile = globals.caFile ?? terminal.env['NEBULA_CA_FILE'];
  const place: Context = { url: url.replace(/\/+$/, ''), ...(caFile ? { ca_file: resolve(caFile) } : {}) };
  // Before a secret is typed for an address that can't be right.
  clientOf(terminal, { name: null, ...place });
  const file = ContextFile.of(terminal.env);
  const name =
    options.name === undefined
      ? derivedName(place.url, file.read())
      : checkContextName(options.name, 'give another with --name');
  const context = { ...place, ...(await credentials(session, options, place.url)) };
  session.world.connection = { name, ...context };
  // What is kept has been let in.
  const client = clientOf(terminal, { name, ...context });
  await listApps({ client, query: { limit: 1 }, signal: terminal.signal });
  await file.update((kept) => {
    // Another login may have taken it since then.
    if (options.name === undefined) checkFree(name, place.url, kept);
    return { current: name, contexts: { ...kept.contexts, [name]: context } };
  });
  say(terminal, `Logged in to ${place.url}. It is the current context, ${name}.`);
}

/**
 * What a context of this address is called when nothing is said: as the one that it has already, or the current one of several.
 * @throws {UsageError} when it has several, when there is no such name, or another address has it, whose credentials would be lost
 */
function derivedName(url: string, kept: Contexts): string {
  const same = Object.keys(kept.contexts).filter((each) =>
    isSameAddress(kept.contexts[each]?.url ?? '', url),
  );
  const there = same.find((each) => each === kept.current) ?? (same.length === 1 ? same[0] : undefined);
  if (there !== undefined) return there;
  if (same.length > 1)
    throw new UsageError(`${url} has the contexts ${same.join(', ')}: say which with --name`);
  const name = nameOfAddress(url);
  if (name === null)
    throw new UsageError(`no name for a context can be made of ${url}: give it one with --name`);
  checkFree(name, url, kept);
  return name;
}

/** @throws {UsageError} when another address has this name */
function checkFree(name: string, url: string, { contexts }: Contexts): void {
  const there = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (there === undefined || isSameAddress(there.url, url)) return;
  throw new UsageError(
    `the context ${name} is for ${there.url}: give this one another name with --name, or put it in its place with --name ${name}`,
  );
}

async function credentials(
  { terminal }: Session,
  { user, passwordStdin, tokenStdin, anonymous }: LoginOptions,
  url: string,
): Promise<Pick<Context, 'token' | 'user' | 'password'>> {
  const ways = [tokenStdin, anonymous, user !== undefined || passwordStdin].filter(Boolean).length;
  if (ways > 1) throw new UsageError('log in in one way: with --user, with --token-stdin, or --anonymous');
  if (passwordStdin && user === undefined) throw new UsageError('--password-stdin needs --user');
  if (anonymous) return {};
  if (tokenStdin) return { token: await readSecret(terminal, 'Token', '--token-stdin', true) };
  if (user !== undefined) return withPassword(user);
  if (!canAsk(terminal)) throw new UsageError('who are you? Give --user, --token-stdin or --anonymous');
  const typed = await askLine(terminal, `User of ${url} (none: log in with a token)`, '');
  if (typed !== '') return withPassword(typed);
  return { token: await readSecret(terminal, 'Token', '--token-stdin', false) };

  async function withPassword(name: string) {
    const password = await readSecret(
      terminal,
      `Password of ${name}`,
      '--password-stdin',
      passwordStdin === true,
    );
    return { user: name, password };
  }
}
