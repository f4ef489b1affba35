import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');

/** What is given a logger by test code, and writes to it whatever it likes. */
const TAKES_LOGGER =
  /\b(createApi|createWorker|startStandalone|createMicroservice(<\w+>)?|new ApiLog|overrideLogger)\(/;

/** What searches lines for the secrets of the tests. */
const SEARCHES = /\b(SEARCHED_LOG|SEARCHED_LINES|searchLogged|searchForSecrets|KeptLog|LogLines)\b/;

/** A handler of lines that drops them. */
const DROPS = /\b(log|info|warn|error|debug): (\(\) => (undefined|\{\})|silent)/;

/** Of them nothing is secret, or they say so by themselves. */
const WITHOUT_SECRETS = [
  // Logs of its own words, to see what becomes of them.
  'libs/logging/src/create-logger.spec.ts',
  'tools/test/searched-loggers.spec.ts',
];

/** Test code by path, with forward slashes. */
function testCode(): Map<string, string> {
  const files = ['apps', 'libs', 'e2e', 'tools'].flatMap((folder) => filesIn(join(PROJECT, folder)));
  return new Map(
    files
      .map((path) => relative(PROJECT, path).replaceAll('\\', '/'))
      .filter((path) => /spec\.ts$|\/testing\/[^/]*\.ts$|^e2e\/.*\.ts$/.test(path))
      .filter((path) => !WITHOUT_SECRETS.includes(path))
      .map((path) => [path, readFileSync(join(PROJECT, path), 'utf8')]),
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

it('test code gives programs no logger whose lines nobody searches for secrets', () => {
  const code = testCode();
  const unsearched = [...code].filter(([, text]) => TAKES_LOGGER.test(text) && !SEARCHES.test(text));
  expect(unsearched.map(([path]) => path)).toEqual([]);
  expect([...code].filter(([, text]) => DROPS.test(text)).map(([path]) => path)).toEqual([]);
  // Those that it is about are looked at.
  expect([...code.values()].filter((text) => TAKES_LOGGER.test(text)).length).toBeGreaterThan(5);
});
