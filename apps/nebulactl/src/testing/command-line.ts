import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { ledgerOf, searchForSecrets } from '../../../../tools/test/known-secrets.mjs';
import { searchedFetch } from '../../../../tools/test/searched-fetch.mjs';
import { httpFetch } from '../connection/http-fetch.js';
import { run } from '../run.js';
import { Interrupted } from '../usage-error.js';

/** What a command line ended with. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Given {
  /** What stands on the standard input. */
  stdin?: string;
  env?: Record<string, string>;
  /** Standard output and error are terminals, and so is the input. */
  isTerminal?: boolean;
  /** Milliseconds since 1970; the real time when absent. */
  now?: () => number;
  /** Keys that are typed, each as soon as all that was printed has this text in it. */
  answers?: readonly { when: RegExp; type: string }[];
  /** Done once, as soon as all that was printed has this text in it; keys are typed after it. */
  before?: { when: RegExp; work: () => Promise<unknown> };
  /** Comes between the command and the api: answers a request in its stead, or asks. */
  between?: (request: Request, ask: () => Promise<Response>) => Promise<Response>;
  /** Ctrl-C as soon as all that was printed has this text in it. */
  interruptWhen?: RegExp;
}

/** Runs command lines as a user with a folder of their own for configuration. */
export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), 'nebulactl-test-'));

  constructor(private readonly env: Record<string, string> = {}) {}

  get configuration(): string {
    return join(this.folder, 'nebula', 'nebulactl.json');
  }

  async run(args: readonly string[], given: Given = {}): Promise<Ended> {
    const { stdin = '', env = {}, isTerminal = false, answers = [], before, interruptWhen, now } = given;
    const { between = async (_request, ask) => await ask() } = given;
    const interruption = new AbortController();
    const input = isTerminal ? new TypedInput() : Readable.from([Buffer.from(stdin)]);
    const left = [...answers];
    const all: string[] = [];
    let worked: Promise<unknown> | null = null;
    const notice = () => {
      const text = stripVTControlCharacters(all.join(''));
      if (before?.when.test(text)) worked ??= before.work();
      const [next] = left;
      if (next?.when.test(text)) {
        left.shift();
        void worked?.then(() => (input as TypedInput).write(next.type));
        if (worked === null) setImmediate(() => (input as TypedInput).write(next.type));
      }
      if (interruptWhen?.test(text)) interruption.abort(new Interrupted());
    };
    const stdout = new Printed(isTerminal, all, notice);
    const stderr = new Printed(isTerminal, all, notice);
    const terminal = {
      stdin: input,
      stdout,
      stderr,
      env: { XDG_CONFIG_HOME: this.folder, PATH: process.env['PATH'], ...this.env, ...env },
      signal: interruption.signal,
      fetchTrusting: (caFile: string | null): typeof fetch => {
        const ask = searchedFetch(httpFetch(caFile), ledgerOf(globalThis));
        return async (input, init) => {
          const request = new Request(input, init);
          return await between(request, async () => await ask(request));
        };
      },
    };
    const code = await run(args, terminal, now);
    searchForSecrets(stdout.text + stderr.text, `the output of nebulactl ${args.join(' ')}`);
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A keyboard. */
class TypedInput extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }
}

class Printed extends Writable {
  readonly columns = 120;
  readonly rows = 40;
  private readonly pieces: string[] = [];

  constructor(
    readonly isTTY: boolean,
    all: string[],
    notice: () => void,
  ) {
    super({
      write: (piece: Buffer, _encoding, done) => {
        this.pieces.push(piece.toString());
        all.push(piece.toString());
        notice();
        done();
      },
    });
  }

  get text(): string {
    return this.pieces.join('');
  }
}
