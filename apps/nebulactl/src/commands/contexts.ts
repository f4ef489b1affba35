import type { Command } from 'commander';
import { resolve } from 'node:path';
import { define, type Session, type World } from '../command.js';
import { type Context, ContextFile, contextOf } from '../connection/context-file.js';
import { checkContextName } from '../connection/context-name.js';
import { clientOf } from '../connection/session.js';
import { readSecret, say } from '../console/ask.js';
import { facts, table } from '../console/table.js';
import { UsageError } from '../usage-error.js';

export function addContextCommands(context: Command, world: World): void {
  define(context, world, {
    usage: 'list',
    summary: 'List contexts',
    examples: ['context list'],
    run: async (session) => {
      const { current, contexts } = fileOf(session).read();
      const rows = Object.entries(contexts).map(([name, each]) => [
        name === current ? '*' : ' ',
        name,
        each.url,
        whoOf(each),
      ]);
      await session.show({
        data: Object.entries(contexts).map(([name, each]) => ({
          name,
          current: name === current,
          ...shown(each),
        })),
        names: Object.keys(contexts),
        text: () =>
          rows.length === 0
            ? 'There is no context yet: nebulactl login'
            : table([' ', 'NAME', 'ADDRESS', 'LOGIN'], rows),
      });
    },
  });
  define(context, world, {
    usage: 'use <context>',
    summary: 'Make a context the current one',
    examples: ['context use prod'],
    completes: 'context',
    run: async (session, [name = '']) => {
      await fileOf(session).update((kept) => {
        contextOf(kept, name);
        return { ...kept, current: name };
      });
      say(session.terminal, `${name} is the current context.`);
    },
  });
  define(context, world, {
    usage: 'show [context]',
    summary: 'Show a context, the current one when left out',
    details: 'Its password or token is not shown.',
    examples: ['context show', 'context show prod -o json'],
    completes: 'context',
    run: async (session, [name]) => {
      const contexts = fileOf(session).read();
      const wanted =
        name ?? session.options.context ?? session.terminal.env['NEBULA_CONTEXT'] ?? contexts.current;
      if (wanted === null || wanted === '') throw new UsageError('no context is chosen: nebulactl login');
      const each = contextOf(contexts, wanted);
      await session.show({
        data: { name: wanted, current: wanted === contexts.current, ...shown(each) },
        names: [wanted],
        text: () =>
          facts([
            ['name', wanted],
            ['address', each.url],
            ['login', whoOf(each)],
            ['certificates', each.ca_file ?? null],
            ['kept in', fileOf(session).path],
          ]),
      });
    },
  });
  define<{ tokenStdin?: boolean }>(context, world, {
    usage: 'add <context> <address>',
    summary: 'Keep a context without asking the api',
    details: 'As login does, which looks whether one is let in.',
    examples: [
      'context add edge http://10.0.0.5:8000',
      'context add prod https://nebula.example.com --token-stdin',
    ],
    options: (command) => command.option('--token-stdin', 'read a token from the standard input'),
    run: async (session, [name = '', url = ''], { tokenStdin }) => {
      const { terminal, options } = session;
      const token = tokenStdin ? await readSecret(terminal, 'Token', '--token-stdin', true) : null;
      const added: Context = {
        url: url.replace(/\/+$/, ''),
        ...(token === null ? {} : { token }),
        ...(options.caFile === undefined ? {} : { ca_file: resolve(options.caFile) }),
      };
      clientOf(terminal, { name: checkContextName(name), ...added });
      await fileOf(session).update(({ current, contexts }) => ({
        current: current ?? name,
        contexts: { ...contexts, [name]: added },
      }));
      say(terminal, `The context ${name} is kept.`);
    },
  });
  define(context, world, {
    usage: 'remove <context>',
    summary: 'Forget a context and its credentials',
    details: 'A token goes on to be valid until it is revoked.',
    examples: ['context remove prod'],
    completes: 'context',
    run: async (session, [name = '']) => {
      await fileOf(session).update((kept) => {
        contextOf(kept, name);
        const { [name]: _removed, ...contexts } = kept.contexts;
        return { current: kept.current === name ? null : kept.current, contexts };
      });
      say(session.terminal, `The context ${name} is forgotten.`);
    },
  });
}

function fileOf({ terminal }: Session): ContextFile {
  return ContextFile.of(terminal.env);
}

/** Without its secrets. */
function shown({ url, user, ca_file, token }: Context): Record<string, unknown> {
  return {
    url,
    login: whoOf({ url, ...(user ? { user } : {}), ...(token ? { token } : {}) }),
    ...(ca_file ? { ca_file } : {}),
  };
}

function whoOf({ user, token }: Context): string {
  return token !== undefined ? 'token' : (user ?? 'none');
}
