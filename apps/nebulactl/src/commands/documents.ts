import { exportApps } from '@nebula/sdk';
import type { Command } from 'commander';
import { readApps } from '../changes/app-files.js';
import { applyDocument, type ApplyOptions } from '../changes/apply-document.js';
import { changeOptions } from '../changes/options.js';
import { define, type Session, type World } from '../command.js';
import { toYamlText } from '../console/format.js';
import { UsageError } from '../usage-error.js';

interface FileOptions extends ApplyOptions {
  file?: string[];
}

/** Many apps in one document. */
export function addDocumentCommands(program: Command, world: World): void {
  define<FileOptions>(program, world, {
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

async function apply(session: Session, { file = [], ...options }: FileOptions): Promise<void> {
  if (file.length === 0) throw new UsageError('nothing to apply: give a file with -f');
  if (options.prefix !== undefined && options.prune !== true)
    throw new UsageError('--prefix goes with --prune alone');
  await applyDocument(session, await readApps(session.terminal, file), options);
}

async function exportAll(session: Session, _args: string[], { prefix }: { prefix?: string }): Promise<void> {
  const { client, terminal } = session;
  const query = prefix === undefined ? {} : { prefix };
  const document = await exportApps({ client, query, signal: terminal.signal });
  const yaml = await toYamlText(document);
  await session.show({
    data: document,
    names: document.apps.map(({ app_name }) => app_name),
    text: () => yaml,
  });
}
