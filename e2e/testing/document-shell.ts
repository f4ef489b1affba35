import { Terminal } from '../../tools/test/terminal.mjs';

/** What a person types when a program has asked. */
export interface Answer {
  when: RegExp;
  type: string;
}

export interface Played {
  code: number | null;
  /** Plain, without what the pseudo-terminal adds to the ends of lines. */
  text: string;
}

/** Between two looks at what was printed, milliseconds. */
const LOOK_MS = 20;

/** Plays commands of the documents as somebody does who types them. */
export class DocumentShell {
  /** Assignments of variables that were played, which the following commands know. */
  private readonly variables = new Map<string, string>();

  constructor(
    readonly folder: string,
    readonly environment: Record<string, string>,
    private readonly answers: readonly Answer[] = [],
  ) {}

  /**
   * @param command as a shell reads it
   * @param limitMs of it
   * @param typed at once, before anything is asked for
   * @param environment beside that of all commands
   * @throws {Error} with what it has printed, when the time is over
   */
  async play(
    command: string,
    limitMs: number,
    typed = '',
    environment: Record<string, string> = {},
  ): Promise<Played> {
    if (/^[A-Z_]+=\S+$/.test(command)) this.variables.set(command.split('=')[0] ?? '', command);
    const terminal = new Terminal(['sh', '-c', [...this.variables.values(), command].join('\n')], {
      folder: this.folder,
      environment: { ...this.environment, ...environment },
    });
    terminal.type(typed);
    let hasEnded = false;
    const ending = terminal.ended().then((code) => {
      hasEnded = true;
      return code;
    });
    const end = performance.now() + limitMs;
    // Each once: a question stays on the screen when it was answered.
    const left = [...this.answers];
    for (; !hasEnded; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
      const next = left.findIndex(({ when }) => when.test(terminal.text));
      if (next >= 0) terminal.type(left.splice(next, 1)[0]?.type ?? '');
      if (performance.now() < end) continue;
      await terminal.hangUp();
      throw new Error(`${command}: not done after ${limitMs} ms:\n${terminal.text}`);
    }
    const code = await ending;
    return { code, text: terminal.text };
  }
}
