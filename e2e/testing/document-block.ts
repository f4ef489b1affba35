import { type CodeBlock, commandsOfBlock } from '../../tools/docs/code-blocks.mjs';

/** As many texts as a number says. */
type Texts<N extends number, T extends string[] = []> = T['length'] extends N ? T : Texts<N, [...T, string]>;

/** A block of a page that a test has taken to play it. It knows which of its commands it has handed out. */
export class DocumentBlock {
  readonly page: string;
  readonly heading: string;
  readonly index: number;
  readonly language: string;
  private readonly given: readonly string[];
  private readonly handedOut = new Set<number>();
  private isUsedWhole = false;

  /** @param except commands that the test doesn't play */
  constructor(
    private readonly block: CodeBlock,
    except: readonly RegExp[] = [],
  ) {
    this.page = block.page;
    this.heading = block.heading;
    this.index = block.index;
    this.language = block.language;
    this.given = commandsOfBlock(block.text).filter(
      (command) => !except.some((pattern) => pattern.test(command)),
    );
  }

  /** The whole block, for a test that uses all of it in another way than command by command. */
  get text(): string {
    this.isUsedWhole = true;
    return this.block.text;
  }

  /** Hands out all commands. */
  get commands(): string[] {
    return this.commandsThat(() => true);
  }

  /** Hands out some of the commands, for a test that plays them at several places. */
  commandsThat(which: (command: string) => boolean): string[] {
    return [...this.given.keys()]
      .filter((index) => which(this.given[index] ?? ''))
      .map((index) => this.command(index));
  }

  /**
   * Hands out all commands, each of which the test names.
   * @throws {Error} unless there are as many
   */
  exactly<const N extends number>(count: N): Texts<N> {
    if (this.given.length !== count)
      throw new Error(`${this.name} has ${this.given.length} commands and not ${count}`);
    return this.commands as Texts<N>;
  }

  /**
   * Hands out one command.
   * @param index from 0
   * @throws {Error} when there is none
   */
  command(index: number): string {
    const command = this.given[index];
    if (command === undefined) throw new Error(`${this.name} has no command ${index}`);
    this.handedOut.add(index);
    return command;
  }

  /** What nobody has asked for: the block, or those of its commands. */
  get left(): string[] {
    if (this.isUsedWhole) return [];
    if (this.handedOut.size === 0) return [this.name];
    return this.given.flatMap((command, index) =>
      this.handedOut.has(index) ? [] : [`${this.name}: ${command}`],
    );
  }

  private get name(): string {
    return `${this.page}: ${this.heading} (${this.index})`;
  }
}
