import { expect } from '@jest/globals';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Terminal } from '../../tools/test/terminal.mjs';
import { REPOSITORY } from './clone.js';
import { exchangesOf, loosely } from './console-blocks.js';
import type { DocumentedMachine } from './documented-machine.js';
import { eventually } from './eventually.js';

/** Of one command, milliseconds; with `--wait` it goes through changes of containers. */
const COMMAND_LIMIT = 60_000;

/** The documents show revisions up to this one. */
const REVISIONS = 12;

const CONTEXTS = ['.config', 'nebula', 'nebulactl.json'];

/** Somebody who types what the documents say at a machine. */
export class DocumentPlayer {
  constructor(private readonly machine: DocumentedMachine) {}

  /** Plays a block with outputs. What looks only may have to look again until what was changed before has happened. */
  async playExchanges(text: string): Promise<void> {
    for (const { command, expected } of exchangesOf(text)) {
      const run = async () => {
        const { code, text: output } = await this.machine.shell.play(
          this.machine.here(command),
          COMMAND_LIMIT,
        );
        expect({ code, output: output.trimEnd() }).toEqual({
          ...{ code: 0, output: expect.stringMatching(loosely(this.machine.here(expected))) },
        });
        this.keepToken(output);
      };
      if (/ -X | -d |^A=/.test(command)) await run();
      else await eventually(run, COMMAND_LIMIT);
    }
  }

  /** Plays commands without outputs, each of which has to succeed. */
  async play(commands: readonly string[]): Promise<void> {
    for (const command of commands) {
      const [, prepare] = this.prepared.find(([start]) => command.startsWith(start)) ?? [];
      await prepare?.();
      if (command.startsWith('nebulactl events')) await this.follow(this.machine.here(command));
      else await this.succeeds(command);
    }
  }

  /** @returns what it prints */
  async succeeds(command: string, environment: Record<string, string> = {}): Promise<string> {
    const { shell, token } = this.machine;
    // Nothing is asked for it.
    const typed = command.endsWith('--token-stdin') ? `${token}\r\u0004` : '';
    // Scripts of npm are those of the project.
    const place = command.startsWith('npm ') ? `cd ${REPOSITORY} && ` : '';
    const line = place + this.machine.here(command);
    const { code, text } = await shell.play(line, COMMAND_LIMIT, typed, environment);
    expect({ command, code, text }).toEqual({ command, code: 0, text });
    this.keepToken(text);
    return text;
  }

  /** Logs in in the two ways that the documents show, of which others begin with the first. */
  async keepContexts(): Promise<void> {
    await copyFile(this.file(...CONTEXTS), this.file('kept-contexts.json'));
  }

  /** As `keepContexts` has found them. */
  async resetContexts(): Promise<void> {
    await copyFile(this.file('kept-contexts.json'), this.file(...CONTEXTS));
  }

  /** Gives the app `shop` as many revisions as the documents tell of. */
  async manyRevisions(): Promise<void> {
    const { api } = this.machine;
    await api.change('shop', { docker_image: this.machine.here('shop:41') });
    for (let step = 0; ; step += 1) {
      const { revision } = await api.change('shop', { env_vars: { STEP: String(step) } });
      if (revision >= REVISIONS) return;
    }
  }

  /** What has to be there before a command, by its beginning; the documents tell it in words, or it is what they are about. */
  private readonly prepared: readonly (readonly [start: string, prepare: () => Promise<unknown>])[] = [
    ['nebulactl app create shop', async () => await this.machine.api.call('DELETE', '/apps/shop')],
    ['nebulactl app start', async () => await this.shopIsStopped()],
    ['nebulactl app ', async () => await this.shopIsThere()],
    ['nebulactl apply -f apps.yaml', async () => await this.writeMore()],
    ['nebulactl apply -f apps/', async () => await this.exportTo('apps')],
    ['nebulactl token create ci', async () => await this.machine.api.call('DELETE', '/tokens/ci')],
    [
      'nebulactl token create prometheus',
      async () => await this.machine.api.call('DELETE', '/tokens/prometheus'),
    ],
    [
      'nebulactl token revoke ci',
      async () => await this.machine.api.call('POST', '/tokens', { name: 'ci', rights: 'ro' }),
    ],
    ['nebulactl login', async () => await this.writeToken()],
    ['nebulactl completion', async () => await this.makeFolders()],
  ];

  private async shopIsThere(): Promise<void> {
    const { api } = this.machine;
    if ((await api.call('GET', '/apps/shop')).status === 200) return;
    await api.create({ app_name: 'shop', docker_image: this.machine.here('shop:41') });
  }

  /** The token that the documents keep in token.txt is an administrator's here. */
  private async writeToken(): Promise<void> {
    await writeFile(this.file('token.txt'), `${this.machine.administrator}\n`, { mode: 0o600 });
  }

  private async shopIsStopped(): Promise<void> {
    await this.shopIsThere();
    await this.machine.api.act('shop', 'stop');
  }

  private async writeMore(): Promise<void> {
    await mkdir(this.file('more'), { recursive: true });
    const apps = [{ app_name: 'other', docker_image: 'nebula-hello:1' }];
    await writeFile(this.file('more', 'other.json'), JSON.stringify({ apps }));
  }

  private async exportTo(folder: string): Promise<void> {
    await mkdir(this.file(folder), { recursive: true });
    await this.succeeds(`nebulactl export > ${folder}/apps.yaml`);
  }

  private async makeFolders(): Promise<void> {
    for (const folder of ['.local/share/bash-completion/completions', '.zfunc', '.config/fish/completions'])
      await mkdir(this.file(folder), { recursive: true });
  }

  /** A command that goes on until Ctrl-C. */
  private async follow(command: string): Promise<void> {
    const { shell, api } = this.machine;
    const terminal = new Terminal(['sh', '-c', command], shell);
    const told = eventually(async () => {
      await api.act('shop', 'restart');
      expect(terminal.text).toContain('shop');
    }, COMMAND_LIMIT);
    await told.finally(() => terminal.type('\u0003'));
    expect(await terminal.ended()).toBe(130);
  }

  private keepToken(output: string): void {
    this.machine.token = /\b(nebula_[0-9a-f]{16}_[\w-]+)/.exec(output)?.[1] ?? this.machine.token;
  }

  private file(...path: string[]): string {
    return join(this.machine.shell.folder, ...path);
  }
}
