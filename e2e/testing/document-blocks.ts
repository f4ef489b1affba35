import { relative } from 'node:path';
import { fateOf } from '../../tools/docs/block-register.mjs';
import { codeBlocksOf, markdownFiles } from '../../tools/docs/code-blocks.mjs';
import { REPOSITORY } from './clone.js';
import { DocumentBlock } from './document-block.js';

/** The blocks of the pages that the register gives to one test file. */
export class DocumentBlocks {
  private readonly given: DocumentBlock[];

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

  /** What the register gives to this file and no test has asked for: whole blocks, and commands. */
  get left(): string[] {
    return this.given.flatMap(({ left }) => left);
  }
}
