import { describe, expect, it } from '@jest/globals';
import { examplesOf } from '@nebula/nebulactl';
import { readFileSync } from 'node:fs';
import { CLI_PAGE, leavesOf, programTree, withCliReference } from './cli-reference.mjs';

describe('docs/cli.md', () => {
  it('has the reference of the program as it is (else run: node tools/docs/write-cli-reference.mjs)', () => {
    const page = readFileSync(CLI_PAGE, 'utf8');
    expect(page).toBe(withCliReference(page));
  });

  it('has an example of every command, which begins with the command', () => {
    const bad = leavesOf(programTree()).filter(
      (command) =>
        !examplesOf(command)[0]?.startsWith(
          `nebulactl ${command.parent?.parent ? `${command.parent.name()} ` : ''}${command.name()}`,
        ),
    );
    expect(bad.map((command) => command.name())).toEqual([]);
  });
});
