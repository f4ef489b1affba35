import { relative } from 'node:path';
import { fateOf } from '../../tools/docs/block-register.mjs';
import {
  type CodeBlock,
  codeBlocksOf,
  commandsOfBlock,
  markdownFiles,
} from '../../tools/docs/code-blocks.mjs';
import { REPOSITORY } from './clone.js';

/** A block of a page that a test has taken to play it. */
export interface TakenBlock extends CodeBlock {
  /** Its commands without those of which the register says why no test plays them. */
  commands: string[];
}

/** The blocks of the pages that the register gives to one test file. */
export class DocumentBlocks {
  private readonly given: CodeBlock[];
  private readonly taken = new Set<CodeBlock>();

  /** @param file of the test, whole */
  constructor(file: string) {
    const test = relative(REPOSITORY, file);
    this.given = markdownFiles()
      .flatMap((page) => codeBlocksOf(page))
      .filter((block) => fateOf(block)?.playedBy === test);
  }

  /**
   * @param page path in the project
   * @param heading above the block
   * @param index among the blocks below that heading
   * @throws {Error} when the register doesn't give it to this file
   */
  take(page: string, heading: string, index = 0): TakenBlock {
    const block = this.given.find(
      (each) => each.page === page && each.heading === heading && each.index === index,
    );
    if (!block) throw new Error(`no block ${index} below "${heading}" of ${page} is for this test`);
    this.taken.add(block);
    const except = fateOf(block)?.except ?? [];
    const commands = commandsOfBlock(block.text).filter(
      (command) => !except.some(([pattern]) => pattern.test(command)),
    );
    return { ...block, commands };
  }

  /** All of a page that are for this test, in order. */
  takePage(page: string): TakenBlock[] {
    return this.given
      .filter((block) => block.page === page)
      .map(({ heading, index }) => this.take(page, heading, index));
  }

  /** What the register gives to this file and nothing has taken. */
  get left(): string[] {
    return this.given
      .filter((block) => !this.taken.has(block))
      .map(({ page, heading, index }) => `${page}: ${heading} (${index})`);
  }
}
