import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchForSecrets, secret } from '../../../../tools/test/known-secrets.mjs';
import { freePort } from '../../../../tools/services/free-port.mjs';
import { schemathesisCommand } from '../../../../tools/services/schemathesis.mjs';
import { bearer } from '../access/testing/logins.js';
import { reportOf } from '../store/testing/records.js';
import { API_PROCESS_LIMIT_MS, startApiProcess } from '../testing/api-process.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { EXAMPLE_SPEC, EXAMPLE_WORKER } from './examples.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..', '..');
const TOKEN = secret(`schemathesis-${randomUUID()}`);
const AUTHORIZATION = bearer(TOKEN);
const INSTALL_LIMIT = 300_000;
const RUN_LIMIT = 600_000;

let api: ReturnType<typeof startApiProcess>;
let url: string;
/** Lines of the log, which are JSON. */
const printed: string[] = [];
let folder: string;
/** The file with the document that is tested against. */
let told: string;
let command: string[];

beforeAll(async () => {
  command = await schemathesisCommand(() => undefined);
  folder = await mkdtemp(join(tmpdir(), 'nebula-schemathesis-'));
  const database = join(folder, 'nebula.db');
  await prepare(database);
  const [port, conf] = [await freePort(), join(folder, 'conf.json')];
  await writeFile(conf, '{}');
  url = `http://127.0.0.1:${port}`;
  api = startApiProcess({
    ...{ CONF_FILE: conf, SQLITE_FILE: database, API_PORT: String(port), AUTH_TOKEN: TOKEN },
    // Nobody is there: what the api takes is published later, and answered as always.
    ...{ RABBIT_HOST: '127.0.0.1:1', RABBIT_USER: 'api', RABBIT_PASSWORD: secret(`broker-${randomUUID()}`) },
    ...{ RATE_LIMIT_PER_MINUTE: '0', SECRET_KEYS: `test:${secret(randomBytes(32).toString('base64'))}` },
  });
  for (const stream of [api.stdout, api.stderr])
    stream.on('data', (text: string) => void printed.push(...text.split('\n')));
  await eventually(async () => {
    expect(api.exitCode).toBeNull();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }, API_PROCESS_LIMIT_MS);
  told = join(folder, 'openapi.json');
  await writeFile(told, JSON.stringify(await withoutDefaults()));
}, INSTALL_LIMIT + API_PROCESS_LIMIT_MS);

afterAll(async () => {
  const ended = once(api, 'exit');
  api.kill('SIGTERM');
  await ended;
  await rm(folder, { recursive: true, force: true });
});

/** Makes a database in which what the examples of the document name is there. */
async function prepare(path: string): Promise<void> {
  const first = await ApiUnderTest.start({ store: { kind: 'sqlite', path } });
  try {
    const { app_name } = EXAMPLE_SPEC;
    const { worker_id } = EXAMPLE_WORKER;
    await first.create(app_name);
    first.broker.reports.publish(reportOf({ app_name, worker_id }));
    await eventually(async () => expect((await first.call('GET', `/workers/${worker_id}`)).status).toBe(200));
  } finally {
    await first.stop();
  }
}

interface Told {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
}

/** The document without what it tells of all other statuses, which would make each one a status that it tells of. */
async function withoutDefaults(): Promise<Told> {
  const answer = await fetch(`${url}/api/v3/openapi.json`, { headers: { authorization: AUTHORIZATION } });
  const document = (await answer.json()) as Told;
  for (const operations of Object.values(document.paths))
    for (const { responses } of Object.values(operations)) {
      expect(responses).toHaveProperty('default');
      delete responses['default'];
    }
  return document;
}

/** Runs it to its end, in a folder of its own for what it writes. */
function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const [program = '', ...first] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...first, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Requests and answers, as far as it is read here (HAR 1.2). */
interface Report {
  log: { entries: { response: unknown }[] };
}

/** Asks the operations that these options choose, and answers how many they are of how many. */
async function ask(
  ...choice: string[]
): Promise<{ selected: number; all: number; cases: number; searched: number }> {
  const report = join(folder, `${randomUUID()}.har`);
  const { code, output } = await run([
    '--no-color',
    ...['--config-file', join(PROJECT, 'tools', 'openapi', 'schemathesis.toml'), 'run'],
    ...[told, '--url', url, '--continue-on-failure'],
    ...['--report', 'har', '--report-har-path', report],
    ...['--header', `Authorization: ${AUTHORIZATION}`, ...choice],
  ]);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  const { log } = JSON.parse(await readFile(report, 'utf8')) as Report;
  for (const { response } of log.entries) {
    searchForSecrets(JSON.stringify(response), 'an answer to Schemathesis');
  }
  const [, selected, all] = /Selected: (\d+)\/(\d+)/.exec(output) ?? [];
  const [, cases] = /(\d+) generated/.exec(output) ?? [];
  return { selected: Number(selected), all: Number(all), cases: Number(cases), searched: log.entries.length };
}

it(
  'answers whatever it is asked as the document says, takes nothing that this forbids, and never fails inside',
  async () => {
    // Two processes, since several threads of one stumble over a flaw of Python 3.11 itself.
    const apps = '^/api/v3/apps(/[{]app[}])?$';
    const halves = await Promise.all([ask('--include-path-regex', apps), ask('--exclude-path-regex', apps)]);
    const [first, second] = halves;
    // Every operation is asked but the one without an end.
    expect(first.selected + second.selected).toBe(first.all - 1);
    for (const { cases, searched } of halves) {
      expect(cases).toBeGreaterThan(500);
      expect(searched).toBeGreaterThan(500);
    }
    expect(api.exitCode).toBeNull();
    expect(printed.filter((line) => /"level":"(error|fatal)"|could not be served/.test(line))).toEqual([]);
  },
  RUN_LIMIT,
);
