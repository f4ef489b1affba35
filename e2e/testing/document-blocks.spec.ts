import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { REPOSITORY } from './clone.js';
import { DocumentBlock } from './document-block.js';
import { DocumentBlocks } from './document-blocks.js';

const HERE = { page: 'a.md', heading: 'Run it', index: 0, language: 'sh' };
const block = (text: string, ...except: RegExp[]) => new DocumentBlock({ ...HERE, text }, except);

describe('a block that a test has taken', () => {
  it('is left until something of it was asked for', () => {
    expect(block('one\n').left).toEqual(['a.md: Run it (0)']);
  });

  it('leaves each command that was not handed out', () => {
    const taken = block('one\ntwo\nthree\n');
    expect(taken.command(1)).toBe('two');
    expect(taken.left).toEqual(['a.md: Run it (0): one', 'a.md: Run it (0): three']);
    expect(taken.commandsThat((command) => command.startsWith('th'))).toEqual(['three']);
    expect(taken.left).toEqual(['a.md: Run it (0): one']);
    expect(taken.commands).toEqual(['one', 'two', 'three']);
    expect(taken.left).toEqual([]);
  });

  it('has as many commands as the test names, or says so', () => {
    const [one, two] = block('one\ntwo\n').exactly(2);
    expect([one, two]).toEqual(['one', 'two']);
    const grown = block('one\ntwo\nthree\n');
    expect(() => grown.exactly(2)).toThrow('a.md: Run it (0) has 3 commands and not 2');
    expect(grown.left).toEqual(['a.md: Run it (0)']);
    expect(() => block('').command(0)).toThrow('a.md: Run it (0) has no command 0');
  });

  it('is played whole by who asks for its text', () => {
    const taken = block('one\ntwo\n');
    expect(taken.text).toBe('one\ntwo\n');
    expect(taken.left).toEqual([]);
  });

  it('does not hand out what the register excepts, nor leave it', () => {
    const taken = block('npm test\nnpm start\n', /^npm test/);
    expect(taken.exactly(1)).toEqual(['npm start']);
    expect(taken.left).toEqual([]);
  });
});

describe('the blocks that the register gives to a test', () => {
  const blocks = new DocumentBlocks(join(REPOSITORY, 'e2e/standalone.e2e-spec.ts'));

  it('are those alone, and one for all who take it', () => {
    expect(() => blocks.take('docs/regions.md', 'Configure', 1)).toThrow(
      'no block 1 below "Configure" of docs/regions.md is for this test',
    );
    expect(blocks.left.length).toBeGreaterThan(1);
    for (const each of blocks.takePage('docs/operations.md')) expect(each.commands).not.toEqual([]);
    const inline = 'npm start -- --no-example --no-install';
    expect(blocks.left).toEqual([inline]);
    expect(blocks.inline(inline)).toBe(inline);
    expect(blocks.left).toEqual([]);
    expect(() => blocks.inline('npm start')).toThrow('no page has npm start for this test');
    expect(blocks.take('docs/operations.md', 'Backup').left).toEqual([]);
  });
});
