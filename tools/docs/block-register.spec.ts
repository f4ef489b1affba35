import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fateOf, REGISTER } from './block-register.mjs';
import { codeBlocksOf, commandsOfBlock, markdownFiles } from './code-blocks.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');
/** Of languages whose blocks are typed or run, so that nobody calls one of them mere data. */
const RUN = new Set(['sh', 'console', 'ts', 'js']);

const blocks = markdownFiles().flatMap((page) => codeBlocksOf(page));
const name = ({ page, heading, index }: (typeof blocks)[number]) => `${page}: ${heading} (${index})`;

describe('the register of the blocks in the pages', () => {
  it('knows of every block which test plays it, or why none does', () => {
    expect(blocks.length).toBeGreaterThan(100);
    expect(blocks.filter((block) => !fateOf(block)).map(name)).toEqual([]);
  });

  it('says one thing of each, and calls nothing mere data that can be run', () => {
    const vague = blocks.filter((block) => {
      const { playedBy, heldBy, unplayed } = fateOf(block) ?? {};
      const said = [playedBy, heldBy, unplayed].filter((each) => each !== undefined && each !== '');
      return said.length !== 1 || (heldBy !== undefined && RUN.has(block.language));
    });
    expect(vague.map(name)).toEqual([]);
  });

  it('names tests that there are, and that take their blocks from it', () => {
    const tests = new Set(blocks.flatMap((block) => fateOf(block)?.playedBy ?? []));
    expect(tests.size).toBeGreaterThan(2);
    const strangers = [...tests].filter(
      (test) => !/new DocumentBlocks\(import\.meta\.filename\)[^]*\.left\b/.test(textOf(test)),
    );
    expect(strangers).toEqual([]);
    const held = new Set(blocks.flatMap((block) => fateOf(block)?.heldBy ?? []));
    expect([...held].filter((test) => textOf(test) === '')).toEqual([]);
  });

  it('has no page, heading, place in a list or exception that no block has', () => {
    const stale = Object.entries(REGISTER).flatMap(([page, headings]) => {
      const here = blocks.filter((block) => block.page === page);
      return Object.entries(headings).flatMap(([heading, fates]) => {
        const below = here.filter((block) =>
          heading === '*' ? headings[block.heading] === undefined : block.heading === heading,
        );
        const isListed = !Array.isArray(fates) || fates.length === below.length;
        const commands = below.flatMap(({ text }) => commandsOfBlock(text));
        const exceptions = [fates].flat().flatMap(({ except = [] }) => except);
        const unused = exceptions.filter(([pattern]) => !commands.some((command) => pattern.test(command)));
        return below.length > 0 && isListed && unused.length === 0 ? [] : [`${page}: ${heading}`];
      });
    });
    expect(stale).toEqual([]);
  });

  it('finds blocks with their headings, also where they are in a list, and their commands', () => {
    const page =
      '# A page\n\n```sh\necho one \\\n  two   # said\n```\n\n1. In a list:\n\n   ```json\n   {}\n   ```\n';
    expect(codeBlocksOf('a.md', page)).toEqual([
      { page: 'a.md', heading: 'A page', index: 0, language: 'sh', text: 'echo one \\\n  two   # said\n' },
      { page: 'a.md', heading: 'A page', index: 1, language: 'json', text: '{}\n' },
    ]);
    expect(commandsOfBlock('# a file\necho one \\\n  two   # said\n\ncd "#x"\n')).toEqual([
      'echo one   two',
      'cd "#x"',
    ]);
    expect(fateOf({ page: 'a.md', heading: 'A page', index: 0, language: 'sh', text: '' })).toBeUndefined();
  });
});

function textOf(test: string): string {
  const path = join(PROJECT, test);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
