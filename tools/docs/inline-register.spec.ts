import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inlineCommandsOf, markdownFiles } from './code-blocks.mjs';
import { fateOfInline, INLINE_REGISTER, playedCommands } from './inline-register.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');

const commands = markdownFiles().flatMap((page) => inlineCommandsOf(page));
const played = playedCommands();
const begins = (text: string) => played.some((command) => command === text || command.startsWith(`${text} `));
const textOf = (test: string) =>
  existsSync(join(PROJECT, test)) ? readFileSync(join(PROJECT, test), 'utf8') : '';

describe('the register of the commands within sentences', () => {
  it('knows of each which test plays it, or why none does', () => {
    expect(commands.length).toBeGreaterThan(100);
    const unknown = commands.filter(({ text }) => !fateOfInline(text) && !begins(text));
    expect(unknown.map(({ page, text }) => `${page}: ${text}`)).toEqual([]);
  });

  it('has no line that none needs, and names tests that there are', () => {
    const idle = INLINE_REGISTER.filter(([pattern]) => !commands.some(({ text }) => pattern.test(text)));
    expect(idle.map(([pattern]) => String(pattern))).toEqual([]);
    const typing = INLINE_REGISTER.flatMap(([, { playedBy }]) => playedBy ?? []);
    const strangers = typing.filter(
      (test) => !/new DocumentBlocks\(import\.meta\.filename\)[^]*\.left\b/.test(textOf(test)),
    );
    expect(strangers).toEqual([]);
    const named = INLINE_REGISTER.flatMap(([, { heldBy, unplayed = '' }]) => [
      ...(heldBy === undefined ? [] : [heldBy]),
      ...unplayed.split(/[\s;,]+/).filter((word) => /spec\.ts$/.test(word)),
    ]);
    expect(named.filter((test) => textOf(test) === '')).toEqual([]);
  });

  it('finds what is a command, and neither a mere name nor what stands in a block', () => {
    const page =
      'By `docker` or `docker stop`, `sudo sh a.sh`, `db.dropDatabase()` in `nebula`.\n\n```sh\n`docker rm`\n```\n';
    expect(inlineCommandsOf('a.md', page).map(({ text }) => text)).toEqual([
      ...['docker stop', 'sudo sh a.sh', 'db.dropDatabase()'],
    ]);
  });
});
