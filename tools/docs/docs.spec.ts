import { describe, expect, it } from '@jest/globals';
import { STANDALONE_KEYS } from '@nebula/standalone';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROBLEMS } from '../../apps/api/src/http/problem-types.js';
import { parse, parseAllDocuments } from 'yaml';
import { commandsIn, problemOf } from './cli-commands.mjs';
import { markdownFiles } from './code-blocks.mjs';
import { CONFIGURATION_PAGE, withConfigurationTables } from './configuration-page.mjs';
import { SPEC_PAGE, withSpecTable } from './spec-table.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');

/** The text of every source file in a folder. */
function sources(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/spec\.ts$/.test(path))
    .map((path) => read(join(folder, path)));
}

const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8');

/** What stands between fences of a language. */
function blocksOf(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(([, name, code = '']) =>
    name === language ? [code] : [],
  );
}

/** The cells of every row of every table. */
function cellsOf(markdown: string): string[][] {
  return [...markdown.matchAll(/^\|(.+)\|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
}

/** Text between fences may look like a link or a heading. */
const withoutBlocks = (markdown: string) => markdown.replaceAll(/^```[^]*?^```$/gm, '');

function linksOf(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The names under which a page's headings are linked, as code hosts make them. */
function anchorsOf(markdown: string): string[] {
  return [...withoutBlocks(markdown).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link, null when it leads somewhere. */
function brokenLink(file: string, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), path);
  if (!existsSync(join(PROJECT, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined || statSync(join(PROJECT, target)).isDirectory()) return null;
  return anchorsOf(read(target)).includes(anchor) ? null : `${link}: ${target} has no such heading`;
}

describe('the documentation', () => {
  it.each(markdownFiles())('%s has no link that leads nowhere', (file) => {
    const broken = linksOf(read(file)).map((link) => brokenLink(file, link));
    expect(broken.filter((problem) => problem !== null)).toEqual([]);
  });

  it('has pages with links, of which one to nowhere would be found', () => {
    expect(linksOf(read('README.md'))).toContain('docs/api.md');
    expect(brokenLink('README.md', 'docs/no-such-page.md')).toMatch('there is no docs/no-such-page.md');
    expect(brokenLink('docs/api.md', 'operations.md#no-such-heading')).toMatch('no such heading');
  });

  it('says of every kind of error when it comes, with its status', () => {
    const page = read('docs/api.md');
    const rows = Object.values(PROBLEMS).map(({ type, status }) => `| ${status} | \`${type}\` |`);
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
    expect(page.match(/^\| \d+ \| `urn:nebula:problem:/gm)).toHaveLength(rows.length);
  });

  it('explains every configuration key of the one-machine form, with its default', () => {
    const page = read('docs/operations.md');
    const missing = Object.entries(STANDALONE_KEYS).filter(([key, { default: byDefault }]) => {
      const shown = typeof byDefault === 'object' ? Object.keys(byDefault).join(',') : String(byDefault);
      const cell = shown === '' ? 'not set' : typeof byDefault === 'number' ? shown : `\`${shown}\``;
      return !page.includes(`| \`${key}\` | ${cell}`);
    });
    expect(missing.map(([key]) => key)).toEqual([]);
  });

  it('has no block of YAML that is none', () => {
    const broken = markdownFiles().flatMap((file) =>
      blocksOf(read(file), 'yaml').flatMap((block) =>
        parseAllDocuments(block).flatMap(({ errors }) => errors.map(({ message }) => `${file}: ${message}`)),
      ),
    );
    expect(broken).toEqual([]);
  });

  it('shows pipelines that deploy with one command, in the form that GitLab and GitHub read', () => {
    const page = read('docs/continuous-deployment.md');
    const [gitlab, github] = blocksOf(page, 'yaml').map((block): unknown => parse(block));
    const deploys = expect.stringMatching(/^node nebulactl\.mjs app set \S+ --image ".+" --yes --wait /);
    expect(gitlab).toMatchObject({ deploy: { stage: 'deploy', script: [deploys] } });
    expect(github).toMatchObject({
      on: { push: { branches: ['main'] } },
      jobs: { deploy: { steps: expect.arrayContaining([expect.objectContaining({ run: deploys })]) } },
    });
    expect(blocksOf(page, 'groovy')).toEqual([expect.stringMatching(/sh 'node nebulactl\.mjs app set /)]);
  });

  it('has no command line of nebulactl that the program does not take', () => {
    const bad = markdownFiles().flatMap((file) =>
      commandsIn(read(file)).flatMap((words) => {
        const problem = problemOf(words);
        return problem === null ? [] : [`${file}: nebulactl ${words.join(' ')}: ${problem}`];
      }),
    );
    expect(bad).toEqual([]);
    expect(commandsIn(read('docs/continuous-deployment.md')).length).toBeGreaterThan(4);
    expect(problemOf(['app', 'sett', 'shop'])).toBe('there is no command sett');
    expect(problemOf(['app', 'set', 'shop', '--imagee', 'x'])).toBe('there is no option --imagee of set');
  });

  it('has no figure in the README that docs/benchmarks.md does not have, each with a command that there is', () => {
    const [, section = ''] = read('README.md').split('\n## Figures\n');
    const [, , ...figures] = cellsOf(section.split('\n## ')[0] ?? '');
    expect(figures.length).toBeGreaterThan(4);
    const measured = cellsOf(read('docs/benchmarks.md'));
    const absent = figures.filter(
      ([figure, ours, raw]) =>
        !measured.some((cells) => [figure, ours, raw].every((cell, n) => cells[n] === cell)),
    );
    expect(absent).toEqual([]);
    const help = ['tools/bench/help.mjs', 'tools/bench/fleet/help.mjs'].map(read).join();
    for (const [, , , command = ''] of figures) {
      const [, part = ''] = /^`npm run bench(?::fleet)? -- (\S+)`$/.exec(command) ?? [];
      expect(help).toContain(part === '' ? command : part);
    }
  });

  it('names no line of a log that no program writes', () => {
    const quoted = [...read('docs/troubleshooting.md').matchAll(/^\| ([^|]*)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z][^`]*)`/g)].map(([, text = '']) => text),
    );
    const lines = quoted.filter((text) => text.split(' ').length > 4);
    expect(lines.length).toBeGreaterThan(4);
    const said = ['apps/api/src', 'apps/worker/src', 'libs/messaging/src'].flatMap(sources).join('\n');
    expect(lines.flatMap((text) => text.split('; ')).filter((part) => !said.includes(part))).toEqual([]);
  });

  it('has the tables of the configuration as tools/docs/write-configuration.mjs writes them', () => {
    const page = readFileSync(CONFIGURATION_PAGE, 'utf8');
    expect(page).toBe(withConfigurationTables(page));
  });

  it('has the table of the fields as tools/docs/write-spec-table.mjs writes it', () => {
    const page = readFileSync(SPEC_PAGE, 'utf8');
    expect(page).toBe(withSpecTable(page));
  });
});
