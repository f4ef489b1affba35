import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { noteSecretVariables, SearchedStream } from '../../tools/test/known-secrets.mjs';

/** So much of what a service has said last is kept, characters. */
const KEPT = 200_000;

export interface ServiceOptions {
  /** For messages. */
  name: string;
  /** What runs it; the running `node` when absent. */
  program?: string;
  /** What that is called with. */
  args: string[];
  /** Working directory. */
  folder: string;
  /** Configuration; of the environment of the tests only what every program needs comes beside it. */
  environment: Record<string, string>;
  /**
   * Kills what the program only follows, after whose end it ends by itself, as `docker run` follows a container. Answers
   * whether there was anything to kill.
   */
  killFollowed?: () => Promise<boolean>;
}

/** An api or a worker as a process of its own, run by `node` as a service manager runs it. */
export class ServiceProcess {
  /** Both streams in the order of arrival, without what is long ago. */
  output = '';
  /** The part of it that came since the last start. */
  outputSinceStart = '';
  /** Ends that nobody asked for, each in words. */
  readonly unexpectedEnds: string[] = [];
  private child: ChildProcess | null = null;
  private isEnding = false;
  private lastCode: number | null = null;
  private environmentOfStarts: Record<string, string>;

  constructor(private readonly options: ServiceOptions) {
    this.environmentOfStarts = options.environment;
    noteSecretVariables(options.environment);
  }

  get name(): string {
    return this.options.name;
  }

  /** What it is started with. */
  get configuration(): Record<string, string> {
    return this.environmentOfStarts;
  }

  /** Changes its configuration, from the next start on. */
  configure(changes: Record<string, string>): void {
    noteSecretVariables(changes);
    this.environmentOfStarts = { ...this.environmentOfStarts, ...changes };
  }

  /** Its whole environment. The mark lets `npm test` end it when the tests were killed and could not. */
  get environment(): Record<string, string | undefined> {
    const { PATH, HOME, NEBULA_TEST_RUN } = process.env;
    return { PATH, HOME, ...(NEBULA_TEST_RUN ? { NEBULA_TEST_RUN } : {}), ...this.environmentOfStarts };
  }

  get isRunning(): boolean {
    return this.child !== null;
  }

  start(): void {
    if (this.child) throw new Error(`${this.options.name} runs already`);
    const { name, program = process.execPath, args, folder } = this.options;
    const child = spawn(program, args, {
      cwd: folder,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.isEnding = false;
    this.outputSinceStart = '';
    for (const stream of [child.stdout, child.stderr]) {
      const searched = new SearchedStream(`the output of ${name}`);
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        searched.add(text);
        this.output = (this.output + text).slice(-KEPT);
        this.outputSinceStart = (this.outputSinceStart + text).slice(-KEPT);
      });
    }
    child.on('exit', (code, signal) => {
      this.child = null;
      if (!this.isEnding) this.unexpectedEnds.push(`${name} ended by itself with ${signal ?? code}`);
    });
  }

  /** Has it stand still, as the machine of a process does that is given no time, until `goOn`. */
  standStill(): void {
    this.child?.kill('SIGSTOP');
  }

  goOn(): void {
    this.child?.kill('SIGCONT');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.isEnding = true;
    if ((await this.options.killFollowed?.()) === true) await this.ended(child);
    else await this.end('SIGKILL');
  }

  /** Ends it in order, and answers its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    await this.end(signal);
    return this.lastCode;
  }

  /** Runs it to its own end, and answers the exit code. */
  async run(): Promise<number | null> {
    this.start();
    this.isEnding = true;
    await this.ended(this.child);
    return this.lastCode;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.child) return;
    this.isEnding = true;
    this.child.kill(signal);
    await this.ended(this.child);
  }

  private async ended(child: ChildProcess | null): Promise<void> {
    if (!child) return;
    // It may have ended since it was told to.
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    this.lastCode = child.exitCode;
  }
}
