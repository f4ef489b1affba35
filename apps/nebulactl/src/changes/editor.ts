import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canAsk, type Terminal } from '../console/terminal.js';
import { CommandError, UsageError } from '../usage-error.js';

/** What `$VISUAL` or `$EDITOR` says, a command with arguments, as git takes it. */
export function editorOf(env: Terminal['env']): string {
  return env['VISUAL'] || env['EDITOR'] || 'vi';
}

/** A file that only its owner can read, since a spec may say more than everybody shall know. */
export class EditedFile {
  private constructor(readonly path: string) {}

  /** @param name its end tells editors which language it is */
  static create(name: string): EditedFile {
    return new EditedFile(join(mkdtempSync(join(tmpdir(), 'nebulactl-')), name));
  }

  /**
   * Opens it with a text, and waits until the editor is closed.
   * @returns the text after that
   */
  async edit(editor: string, terminal: Terminal, text: string): Promise<string> {
    writeFileSync(this.path, text, { mode: 0o600 });
    await runEditor(editor, this.path, terminal);
    return readFileSync(this.path, 'utf8');
  }

  remove(): void {
    rmSync(dirname(this.path), { recursive: true, force: true });
  }
}

function runEditor(editor: string, path: string, terminal: Terminal): Promise<void> {
  const mayAsk = canAsk(terminal);
  // Without a terminal an editor for people would wait for ever.
  if (!mayAsk && /^\s*(\S*\/)?(n?vim?|nano|emacs|pico|joe|less)(\s|$)/.test(editor))
    throw new UsageError(
      `${editor} needs a terminal; use app set, or set EDITOR to a program that needs none`,
    );
  return new Promise((resolve, reject) => {
    // By a shell, so that arguments and quotes in the variable mean what they say.
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new CommandError(
            `the editor ${JSON.stringify(editor)} ended with ${code ?? 'a signal'}; nothing was sent`,
          ),
        );
    });
  });
}
