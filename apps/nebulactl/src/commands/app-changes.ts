import { type AppSpec, createApp, deleteApp, getApp, patchApp } from '@nebula/sdk';
import type { Command } from 'commander';
import { make } from '../changes/change.js';
import { defineChange } from '../changes/define-change.js';
import { edit } from '../changes/edit.js';
import { type ChangeOptions, changeOptions } from '../changes/options.js';
import { patchOf, type SpecOptions, specOptions } from '../changes/spec-options.js';
import { define, type Session, type World } from '../command.js';
import { UsageError } from '../usage-error.js';
import { naming } from './app-names.js';

export function addChangeCommands(app: Command, world: World): void {
  define<ChangeOptions & SpecOptions>(app, world, {
    usage: 'create <app>',
    summary: 'Create an app',
    examples: [
      'app create shop --image shop:42 --port 80:8080 --containers-per cpu=1',
      'app create shop --image shop:42 --yes --wait',
    ],
    options: (command) => changeOptions(specOptions(command)),
    run: create,
  });
  define<ChangeOptions & SpecOptions>(app, world, {
    usage: 'set <app>',
    summary: 'Change fields of an app',
    details:
      'Shows what would change and what that means, asks, changes it, and with --wait follows the workers until all that are online have converged. Without a terminal it needs --yes.',
    examples: [
      'app set shop --image shop:42 --wait',
      'app set shop --image shop:42 --yes --wait --timeout 5m --reason "build 42"',
      'app set shop --env LEVEL=debug --unset-env CACHE --containers-per cpu=1',
      'app set shop --secret-env DB_PASSWORD',
      `app set shop --patch '{"stop_grace_period_seconds":30}'`,
    ],
    options: (command) => changeOptions(specOptions(command)),
    completes: 'app',
    run: set,
  });
  define<ChangeOptions>(app, world, {
    usage: 'edit <app>',
    summary: 'Change an app in your editor',
    details:
      'Opens its spec as YAML in $VISUAL or $EDITOR. What is wrong comes back into the editor; without a change nothing is sent.',
    examples: ['app edit shop', 'app edit shop --wait --reason "more memory"'],
    options: changeOptions,
    completes: 'app',
    run: (session, [name = ''], options) => edit(session, name, options),
  });
  defineChange(app, world, {
    name: 'delete',
    summary: 'Delete an app: its containers are removed everywhere',
    examples: ['app delete shop', 'app delete shop --yes --wait'],
    change: ({ client }, name) => ({
      question: `Delete ${name}`,
      isDeletion: true,
      send: (asked) => deleteApp({ client, path: { app: name }, ...asked }),
    }),
  });
}

async function create(
  session: Session,
  [name = '']: string[],
  options: ChangeOptions & SpecOptions,
): Promise<void> {
  const { client, terminal } = session;
  // In a new app nothing can be taken away, so this patch is a spec.
  const spec = patchOf(options, null, terminal.env) as Partial<AppSpec>;
  if (spec.docker_image === undefined) throw new UsageError('an app needs an image: give it with --image');
  await make(session, options, {
    app: name,
    question: `Create ${name}`,
    send: ({ query }) =>
      createApp({
        client,
        body: { ...spec, app_name: name, docker_image: String(spec.docker_image) },
        query,
      }),
  });
}

async function set(
  session: Session,
  [name = '']: string[],
  options: ChangeOptions & SpecOptions,
): Promise<void> {
  const { client, terminal } = session;
  if (Object.keys(patchOf(options, null, terminal.env)).length === 0)
    throw new UsageError('nothing to set: give --image, --env or the like; see nebulactl app set --help');
  await make(session, options, {
    app: name,
    question: `Change ${name}`,
    // Lists and units depend on what there is, which somebody else may change between two tries.
    send: async (asked) => {
      const current = await naming(client, name, () =>
        getApp({ client, path: { app: name }, signal: terminal.signal }),
      );
      const body = patchOf(options, current, terminal.env);
      return patchApp({ client, path: { app: name }, body, ...asked });
    },
  });
}
