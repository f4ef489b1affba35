import { type AppSpecInPlace, NebulaApiError, patchApp, putApp, type Preview } from '@nebula/sdk';
import type { Session } from '../command.js';
import { naming } from '../commands/app-names.js';
import { say } from '../console/ask.js';
import { toYaml } from '../console/format.js';
import { CommandError } from '../usage-error.js';
import { make } from './change.js';
import { EditedFile, editorOf } from './editor.js';
import type { ChangeOptions } from './options.js';

/** The name can't change, so it isn't in what is edited. */
type Edited = Omit<AppSpecInPlace, 'app_name'>;

/**
 * Lets people change an app in their editor. What is wrong comes back as comments, until it is right or they give up;
 * what they have typed is kept then.
 */
export async function edit(session: Session, app: string, options: ChangeOptions): Promise<void> {
  const { client, terminal } = session;
  const editor = editorOf(terminal.env);
  const { revision, updated_at, spec } = await naming(client, app, () => lookAt(session, app));
  // What is typed is made of this state; over another it would take back what somebody else has done.
  const onlyFor = { revision, updated_at, otherwise: `open it anew with nebulactl app edit ${app}` };
  const original = await toYaml(await withoutDefaults(session, app, spec));
  const file = EditedFile.create(`${app}.yaml`);
  let problems: readonly string[] = [];
  let before = original;
  for (;;) {
    const typed = withoutHead(await file.edit(editor, terminal, `${headOf(app, problems)}${before}`));
    // Whoever closes the editor without mending anything gives up.
    if (problems.length > 0 && typed === before)
      throw new CommandError(`gave up. What you typed is in ${file.path}`);
    before = typed;
    try {
      // A place in it is one of the file as it is opened next, with one problem in its head.
      const read = await parsed(`${headOf(app, [''])}${typed}`);
      if (typed.trim() === '' || saySame(read, await parsed(original))) {
        file.remove();
        return say(terminal, 'Nothing was changed, so nothing was sent.');
      }
      problems = 'problem' in read ? [read.problem] : await problemsOf(session, app, read.spec);
      if (problems.length > 0 || 'problem' in read) continue;
      const body = read.spec as AppSpecInPlace & { docker_image: string };
      await make(session, options, {
        app,
        question: `Change ${app}`,
        onlyFor,
        send: (asked) => putApp({ client, path: { app }, body, ...asked }),
      });
    } catch (error) {
      say(terminal, `What you typed is in ${file.path}`);
      throw error;
    }
    return file.remove();
  }
}

/** The spec as the api has it, secrets masked; sent back, a mask keeps its value. */
async function lookAt(
  { client, terminal }: Session,
  app: string,
): Promise<{ revision: number; updated_at: string; spec: Edited }> {
  const { revision, updated_at, preview } = await patchApp({
    client,
    path: { app },
    body: {},
    query: { dry_run: true },
    signal: terminal.signal,
  });
  return { revision, updated_at, spec: editable(preview) };
}

function editable(preview: Preview | undefined): Edited {
  const { app_name: _name, ...spec } = preview?.spec ?? {};
  return spec as Edited;
}

/** The api fills every default in: what a spec with nothing but an image becomes are the defaults. */
async function withoutDefaults({ client, terminal }: Session, app: string, spec: Edited): Promise<Edited> {
  const { docker_image, ...others } = spec as Edited & { docker_image: string };
  const { preview } = await putApp({
    client,
    path: { app },
    body: { docker_image },
    query: { dry_run: true },
    signal: terminal.signal,
  });
  const defaults = editable(preview) as Record<string, unknown>;
  const told = Object.entries(others).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name]),
  );
  return { docker_image, ...Object.fromEntries(told) };
}

type Read = { spec: Edited } | { problem: string };

async function parsed(text: string): Promise<Read> {
  const { parseYaml, YamlFlaw } = await import('@nebula/yaml');
  try {
    const spec = parseYaml(text);
    if (typeof spec === 'object' && spec !== null && !Array.isArray(spec)) return { spec: spec as Edited };
    return { problem: 'this must be fields with a colon, like docker_image: shop:42' };
  } catch (error) {
    if (!(error instanceof YamlFlaw)) throw error;
    return { problem: error.message };
  }
}

/** What the api has against a spec, none when it would take it. */
async function problemsOf({ client, terminal }: Session, app: string, spec: Edited): Promise<string[]> {
  try {
    const body = spec as AppSpecInPlace & { docker_image: string };
    await putApp({ client, path: { app }, body, query: { dry_run: true }, signal: terminal.signal });
    return [];
  } catch (error) {
    if (!(error instanceof NebulaApiError) || error.status !== 422) throw error;
    if (error.errors.length === 0) return [error.detail];
    return error.errors.map(({ pointer, message }) => `${pointer ?? 'the document'} ${message}`);
  }
}

const HEAD = '#: ';

function headOf(app: string, problems: readonly string[]): string {
  const lines = [
    `The app ${app}. Fields that are left out have their defaults; a removed line puts a field back to its own.`,
    'Lines that begin so are not sent. Without a change, or with an empty file, nothing is.',
    ...(problems.length > 0 ? ['', 'This was wrong:', ...problems.map((problem) => `  ${problem}`)] : []),
  ];
  return `${lines.map((line) => `${HEAD}${line}`.trimEnd()).join('\n')}\n`;
}

function withoutHead(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(HEAD.trimEnd()))
    .join('\n');
}

/** Comments and blank lines say nothing, other than in a text of several lines. */
function saySame(typed: Read, original: Read): boolean {
  if ('problem' in typed || 'problem' in original) return false;
  return JSON.stringify(typed.spec) === JSON.stringify(original.spec);
}
