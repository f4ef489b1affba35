import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { API_KEYS } from '@nebula/api';
import { parseAppSpec } from '@nebula/contracts';
import { STANDALONE_KEYS, loadStandaloneConfiguration } from '@nebula/standalone';
import { WORKER_KEYS } from '@nebula/worker';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { loadApiConfiguration } from '../../apps/api/src/program/configuration.js';
import { REGIONS_KEYS } from '../../apps/api/src/program/regions.js';
import { SETUP_KEYS } from '../../apps/api/src/program/setup-configuration.js';
import { loadWorkerConfiguration } from '../../apps/worker/src/program/configuration.js';

const PROJECT = join(import.meta.dirname, '..', '..');
const PAGES = ['', 'docs', 'deploy', 'examples'].flatMap((folder) =>
  readdirSync(join(PROJECT, folder), { recursive: folder !== '', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => relative(PROJECT, join(PROJECT, folder, name))),
);

const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8');

interface Block {
  page: string;
  text: string;
}

/** What stands between fences of a language, also where the fences are in a list. */
function blocksOf(language: string): Block[] {
  return PAGES.flatMap((page) =>
    [...read(page).matchAll(/^( *)```(\w+)\n([^]*?)^ *```$/gm)].flatMap(([, indent = '', name, code = '']) =>
      name === language ? [{ page, text: code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') }] : [],
    ),
  );
}

type Content = Record<string, unknown>;

/** What is wrong with a spec, or a part of one that is to be changed. */
function specProblems(spec: Content): string[] {
  const parsed = parseAppSpec({ app_name: 'shop', docker_image: 'shop:1', ...spec });
  return parsed.ok ? [] : parsed.problems.map(({ pointer, message }) => `${pointer} ${message}`);
}

/** Programs with what they need to be configured at all, and the keys that they know. */
const PROGRAMS = [
  {
    keys: { ...API_KEYS, ...REGIONS_KEYS },
    load: loadApiConfiguration,
    environment: { MONGO_URL: 'mongodb://db/', RABBIT_USER: 'api', RABBIT_PASSWORD: 'x' },
  },
  {
    keys: WORKER_KEYS,
    load: loadWorkerConfiguration,
    environment: { APP_NAME: 'shop', RABBIT_HOST: 'r', RABBIT_USER: 'worker', RABBIT_PASSWORD: 'x' },
  },
  { keys: STANDALONE_KEYS, load: loadStandaloneConfiguration, environment: {} },
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-docs-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** What is wrong with a conf.json, by the first program that knows all of its keys. */
async function configurationProblems(text: string): Promise<string[]> {
  const given = Object.keys(JSON.parse(text) as Content);
  const program = PROGRAMS.find(({ keys }) => given.every((key) => key in keys));
  if (!program) return [`no program knows all of ${given.join(', ')}`];
  const file = join(folder, 'conf.json');
  await writeFile(file, text);
  try {
    program.load({ environment: program.environment, file });
    return [];
  } catch (error) {
    return [String(error)];
  }
}

describe('JSON in the documentation', () => {
  it.each(blocksOf('json'))('of $page is a spec or a configuration without a mistake', async ({ text }) => {
    const content = JSON.parse(text) as Content;
    expect('docker_image' in content ? specProblems(content) : await configurationProblems(text)).toEqual([]);
  });

  it('is found, and a mistake in it would be, too', async () => {
    expect(blocksOf('json').length).toBeGreaterThan(4);
    expect(specProblems({ contaners_per: { server: 2 } })).toHaveLength(1);
    expect(await configurationProblems('{"api_prot":8000}')).toEqual(['no program knows all of api_prot']);
    expect(await configurationProblems('{"api_port":"many"}')).toHaveLength(1);
  });
});

const hasValuesOfChart = (content: Content): boolean => {
  const values = parse(read('deploy/helm/nebula/values.yaml')) as Record<string, Content>;
  return Object.entries(content).every(([part, given]) =>
    Object.keys(given as Content).every((key) => key in (values[part] ?? {})),
  );
};

/** Whether services are that of the worker alone, with variables that its program knows. */
const hasKeysOfWorker = (services: unknown): boolean => {
  const { worker, ...others } = services as Record<string, { environment?: Content }>;
  const names = Object.keys(worker?.environment ?? {}).map((name) => name.toLowerCase());
  return names.length > 0 && names.every((name) => name in WORKER_KEYS) && Object.keys(others).length === 0;
};

/** What a YAML block that is no document of apps is held against, by its keys. */
const OTHER_YAML: Record<string, (content: Content) => boolean> = {
  // A pipeline of GitLab, and of GitHub: docs.spec.ts.
  deploy: () => true,
  'on,jobs': () => true,
  // Parts of compose.yaml: e2e/deploy starts them with its own.
  'services,volumes,secrets': ({ services }) => 'prometheus' in (services as Content),
  'services,secrets': ({ services }) => 'setup-broker' in (services as Content) || hasKeysOfWorker(services),
  'rabbit,api,worker': hasValuesOfChart,
  rabbit: hasValuesOfChart,
};

describe('YAML in the documentation', () => {
  it.each(blocksOf('yaml'))(
    'of $page is a document of apps without a mistake, or known to be another',
    ({ text }) => {
      for (const document of parseAllDocuments(text)) {
        expect(document.errors).toEqual([]);
        const content = document.toJS() as Content;
        const { apps } = content;
        if (Array.isArray(apps)) expect((apps as Content[]).flatMap(specProblems)).toEqual([]);
        else expect(OTHER_YAML[Object.keys(content).join()]?.(content)).toBe(true);
      }
    },
  );

  it('is found', () => {
    expect(blocksOf('yaml').length).toBeGreaterThan(4);
  });
});

/** Commands of the api's program, of which `main.ts` says that they are all. */
const API_COMMANDS = ['serve', 'setup-broker', 'rotate-secrets', 'backup', 'restore'];

const VARIABLES: Record<string, string[]> = {
  api: [...Object.keys(API_KEYS), ...Object.keys(REGIONS_KEYS), ...Object.keys(SETUP_KEYS)],
  worker: Object.keys(WORKER_KEYS),
};

/** What is wrong with the calls of npm in a block for a shell. */
function commandProblems(text: string): string[] {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Content };
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => {
      const [, before = '', script = '', words = ''] =
        /^([^#]*?)\bnpm run (?:-s )?([\w:-]+)(?: --)?([^#]*)/.exec(line) ?? [];
      if (script === '') return [];
      if (!(script in scripts)) return [`there is no script ${script}: ${line}`];
      const names = [...before.matchAll(/(?:^|\s)([A-Z][A-Z_]+)=/g)].map(([, name = '']) =>
        name.toLowerCase(),
      );
      const known = VARIABLES[script] ?? [];
      const unknown = names.filter(
        (name) => !known.includes(name.replace(/_file$/, '')) && !known.includes(name),
      );
      const [command = 'serve'] = words.trim().split(/\s+/).filter(Boolean);
      const isKnown = script !== 'api' || API_COMMANDS.includes(command);
      return [...unknown.map((name) => `${script} has no ${name}: ${line}`), ...(isKnown ? [] : [line])];
    });
}

describe('commands in the documentation', () => {
  const blocks = [...blocksOf('sh'), ...blocksOf('console')];

  it('call scripts of npm that there are, with variables and commands that their programs know', () => {
    expect(
      blocks.flatMap(({ page, text }) => commandProblems(text).map((problem) => `${page}: ${problem}`)),
    ).toEqual([]);
  });

  it('of the api are all that its program knows, and a mistake would be found', () => {
    const main = read('apps/api/src/main.ts');
    expect(API_COMMANDS.filter((command) => !main.includes(`case '${command}'`))).toEqual([]);
    expect(blocks.filter(({ text }) => text.includes('npm run')).length).toBeGreaterThan(10);
    expect(commandProblems('RABIT_HOST=r \\\nnpm run api')).toEqual([expect.stringContaining('rabit_host')]);
    expect(commandProblems('npm run api -- setup')).toHaveLength(1);
    expect(commandProblems('npm run apis')).toEqual([expect.stringContaining('no script apis')]);
  });

  it('name files of the project that there are', () => {
    const named = blocks.flatMap(({ text }) =>
      [...text.matchAll(/\b(?:deploy|tools|examples)\/[\w./-]+/g)].flat(),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
  });
});
