import { execa } from 'execa';
import { noteSecretVariables, SearchedStream } from '../../tools/test/known-secrets.mjs';

function launch(
  folder: string,
  args: string[],
  environment: Record<string, string | undefined>,
  program: string,
) {
  return execa(program, args, {
    cwd: folder,
    env: environment,
    extendEnv: false,
    all: true,
    reject: false,
    detached: true,
    cleanup: false,
    buffer: false,
    stdin: 'ignore',
  });
}

/** A script of package.json, run as a person at a terminal runs it: npm in a process group of its own. */
export class NpmProcess {
  /** Everything that was printed so far, both streams in the order of arrival. */
  output = '';
  private readonly npm: ReturnType<typeof launch>;

  /** @param program that runs it in the end, as a shell does that has a whole command line */
  constructor(
    folder: string,
    args: string[],
    environment: Record<string, string | undefined>,
    program = 'npm',
  ) {
    noteSecretVariables(environment);
    const searched = new SearchedStream(`the output of ${program} ${args[0]}`);
    this.npm = launch(folder, args, environment, program);
    this.npm.all.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      searched.add(text);
      this.output += text;
    });
  }

  /** Resolves with the first match in the output; rejects when the process ends or the limit passes without it. */
  async printed(pattern: RegExp, limitMs: number): Promise<RegExpMatchArray> {
    const deadline = Date.now() + limitMs;
    let ended = false;
    void this.npm.then(() => {
      ended = true;
    });
    for (;;) {
      const last = ended;
      const match = pattern.exec(this.output);
      if (match) return match;
      if (last || Date.now() > deadline) {
        throw new Error(`${last ? 'ended' : `${limitMs} ms passed`} without ${pattern}:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Sends a signal to the whole group, as a terminal does on Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    if (this.npm.pid === undefined) return;
    try {
      process.kill(-this.npm.pid, signal);
    } catch (error) {
      // The group is gone already. Errors of Node are no `Error` of the realm that tests run in.
      if (!(typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH'))
        throw error;
    }
  }

  /** Resolves with the exit code when npm has ended, undefined when a signal ended it. */
  async ended(): Promise<number | undefined> {
    return (await this.npm).exitCode;
  }
}
