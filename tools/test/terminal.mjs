/**
 * A program on a terminal of its own, as a person runs it: a pseudo-terminal of the kernel with its echo, its Ctrl-C and its
 * size. `script` makes it, which every Debian and Ubuntu has.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { SearchedStream } from './known-secrets.mjs';

/** Between two looks at what was printed, milliseconds. */
const LOOK_MS = 20;

export class Terminal {
  /** All that was printed so far, with colors and all that moves the cursor. */
  raw = '';
  #child;
  #closed;
  #isClosed = false;

  /**
   * @param {string[]} command a program and its arguments
   * @param {object} options
   * @param {string} options.folder to work in
   * @param {Record<string, string>} options.environment the whole of it, but for what says what a terminal it is
   */
  constructor(command, { folder, environment }) {
    const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    this.#child = spawn(
      'script',
      [
        '--quiet',
        '--return',
        '--flush',
        '--command',
        `stty rows 40 cols 120; exec ${words.join(' ')}`,
        '/dev/null',
      ],
      {
        cwd: folder,
        env: { ...environment, SHELL: '/bin/sh', TERM: 'xterm-256color' },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    const searched = new SearchedStream(`the terminal of ${command.slice(0, 3).join(' ')}`);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        searched.add(text);
        this.raw += text;
      });
    }
    // Who types on when it has ended writes to nobody.
    this.#child.stdin.on('error', () => undefined);
    this.#closed = once(this.#child, 'close').then(() => {
      this.#isClosed = true;
    });
  }

  /** What was printed, as plain text. What was overwritten is in it, too, as a line of its own. */
  get text() {
    return stripVTControlCharacters(this.raw).replaceAll(/\r+\n?/g, '\n');
  }

  /** @param {string} keys Enter is `\r`, Ctrl-C `\x03` */
  type(keys) {
    this.#child.stdin.write(keys);
  }

  /**
   * Waits until the text has this in it.
   * @param {RegExp} pattern
   * @param {number} [limitMs]
   * @throws {Error} when the program ends or the time is over before
   */
  async printed(pattern, limitMs = 60_000) {
    for (const end = performance.now() + limitMs; ; await pause(LOOK_MS)) {
      const isLast = this.#isClosed || performance.now() > end;
      if (pattern.test(this.text)) return;
      if (isLast)
        throw new Error(
          `${this.#isClosed ? 'it has ended' : 'the time is over'} without ${String(pattern)}:\n${this.text}`,
        );
    }
  }

  /**
   * Waits for its end.
   * @returns {Promise<number | null>} its exit code
   */
  async ended() {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Hangs up, as when the window is closed. */
  async hangUp() {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
