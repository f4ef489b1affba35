import { relative } from 'node:path';
import { fateOf } from '../../tools/docs/block-register.mjs';
import { codeBlocksOf, inlineCommandsOf, markdownFiles } from '../../tools/docs/code-blocks.mjs';
import { fateOfInline } from '../../tools/docs/inline-register.mjs';
import { REPOSITORY } from './clone.js';
import { DocumentBlock } from './document-block.js';

/** The blocks of the pages, and the commands within their sentences, that the registers give to one test file. */
export class DocumentBlocks {
  private readonly given: DocumentBlock[];
  private readonly inlineGiven: ReadonlySet<string>;
  private readonly inlineTaken = new Set<string>();

  /** @param file of the test, whole */
  constructor(file: string) {
    const test = relative(REPOSITORY, file);
    this.given = markdownFiles()
      .flatMap((page) => codeBlocksOf(page))
      .flatMap((block) => {
        const { playedBy, except = [] } = fateOf(block) ?? {};
        return playedBy === test
          ? [
              new DocumentBlock(
                block,
                except.map(([pattern]) => pattern),
              ),
            ]
          : [];
      });
    this.inlineGiven = new Set(
      markdownFiles()
        .flatMap((page) => inlineCommandsOf(page).map(({ text }) => text))
        .filter((text) => fateOfInline(text)?.playedBy === test),
    );
  }

  /**
   * @param page path in the project
   * @param heading above the block
   * @param index among the blocks below that heading
   * @throws {Error} when the register doesn't give it to this file
   */
  take(page: string, heading: string, index = 0): DocumentBlock {
    const block = this.given.find(
      (each) => each.page === page && each.heading === heading && each.index === index,
    );
    if (!block) throw new Error(`no block ${index} below "${heading}" of ${page} is for this test`);
    return block;
  }

  /** All of a page that are for this test, in order. */
  takePage(page: string): DocumentBlock[] {
    return this.given.filter((block) => block.page === page);
  }

  /**
   * Hands out a command that stands within a sentence.
   * @param text as a page has it
   * @throws {Error} when no page has it, or the register doesn't give it to this file
   */
  inline(text: string): string {
    if (!this.inlineGiven.has(text)) throw new Error(`no page has ${text} for this test`);
    this.inlineTaken.add(text);
    return text;
  }

  /** What the registers give to this file and no test has asked for: whole blocks, and commands. */
  get left(): string[] {
    const inline = [...this.inlineGiven].filter((text) => !this.inlineTaken.has(text));
    return [...this.given.flatMap(({ left }) => left), ...inline];
  }
}
