import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const JEST = join(import.meta.dirname, '..', '..', 'node_modules', 'jest', 'bin', 'jest.js');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-planted-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** Runs Jest on one test that passes, whose last hook sees a text. */
async function run(text: string): Promise<{ code: number | null; output: string }> {
  const ledger = JSON.stringify(join(import.meta.dirname, 'known-secrets.mjs'));
  const test = `
    import { secret, searchForSecrets } from ${ledger};
    secret('planted-secret');
    afterAll(() => searchForSecrets(${JSON.stringify(text)}, 'the last words of a program'));
    test('passes', () => undefined);`;
  await writeFile(join(folder, 'planted.test.mjs'), test);
  const config = {
    rootDir: folder,
    testMatch: ['**/*.test.mjs'],
    testEnvironment: join(import.meta.dirname, 'searching-environment.mjs'),
    transform: {},
  };
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', JEST, '--runInBand', '--config', JSON.stringify(config)],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

it('a test file that has seen a secret fails, though all its tests pass, and does not print it', async () => {
  const { code, output } = await run('all is well, planted-secret');
  expect(output).toContain('Secrets of the tests were given away:');
  expect(output).toContain('pla… (14 characters) in the last words of a program');
  expect(output).not.toContain('planted-secret');
  expect(code).toBe(1);
});

it('a test file that has seen none passes', async () => {
  const { code, output } = await run('all is well');
  expect(output).toContain('1 passed');
  expect(code).toBe(0);
});
