import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../tools/services/free-port.mjs';
import { mongoCommand } from '../../tools/services/mongo-users.mjs';
import { secret } from '../../tools/test/known-secrets.mjs';
import { BrokerProxy } from '../testing/broker-proxy.js';
import { REPOSITORY } from '../testing/clone.js';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { eventually } from '../testing/eventually.js';
import { CHANGE_LIMIT, Fleet, FLEET_START_LIMIT, workerIdOf } from '../testing/fleet.js';
import { FleetDocuments } from '../testing/fleet-documents.js';
import { describeFleetFromClone } from '../testing/fleet-from-clone.js';
import { describeFleetPages } from '../testing/fleet-pages.js';
import { IMAGES } from '../testing/fleet-server.js';
import { readiness } from '../testing/readiness.js';
import type { ServiceProcess } from '../testing/service-process.js';

const LIMIT = 2 * CHANGE_LIMIT;
const BUNDLES = join(REPOSITORY, 'dist');
/** What somebody else has put there, as `npm run pack:sdk` does. */
const ARCHIVE = join(BUNDLES, 'of-the-tests.tgz');

/** Says when all exports of a module of Node are read, and when a format of dates is made. Both cost megabytes. */
const PROBE = `
  const http = process.getBuiltinModule('node:http');
  const say = (text) => process.stdout.write(text + '\\n');
  Object.defineProperty(http, 'setMaxIdleHTTPParsers', { enumerable: true, get: () => say('read all of http') });
  Intl.DateTimeFormat = class extends Intl.DateTimeFormat {
    constructor(...options) {
      super(...options);
      say('made a format of dates');
    }
  };
`;

const blocks = new DocumentBlocks(import.meta.filename);
let fleet: Fleet;
let documents: FleetDocuments;
let backups: string;

beforeAll(async () => {
  await mkdir(BUNDLES, { recursive: true });
  await writeFile(ARCHIVE, '');
  await execa('npm', ['run', 'bundle'], { cwd: REPOSITORY });
  backups = await mkdtemp(join(tmpdir(), 'nebula-e2e-backups-'));
  fleet = await Fleet.start({
    apps: ['shop'],
    userPerWorker: true,
    programs: { api: join(BUNDLES, 'nebula-api.mjs'), worker: join(BUNDLES, 'nebula-worker.mjs') },
  });
  documents = new FleetDocuments(fleet, backups);
}, FLEET_START_LIMIT);

afterAll(async () => {
  await rm(ARCHIVE, { force: true });
  await fleet.end();
  await rm(backups, { recursive: true, force: true });
}, FLEET_START_LIMIT);

afterEach(() => {
  expect(fleet.unexpectedEnds).toEqual([]);
});

it(
  'the bundled files of api and worker run a fleet by themselves',
  async () => {
    fleet.startWorkers();
    await fleet.api.create({ app_name: 'shop', docker_image: IMAGES[0], env_vars: { STEP: 'bundled' } });
    await fleet.arrives('shop', 'bundled');
  },
  LIMIT,
);

it('what else is in the folder of the bundles stays', () => expect(existsSync(ARCHIVE)).toBe(true));

it.each(['api', 'worker'])('the bundled %s loads only what it uses', async (service) => {
  const probe = `data:text/javascript,${encodeURIComponent(PROBE)}`;
  const file = join(BUNDLES, `nebula-${service}.mjs`);
  const { stdout } = await execa('node', ['--import', probe, file, '--help']);
  expect(stdout).toMatch(/^Usage: /);
  expect(stdout).not.toMatch(/read all of http|made a format of dates/);
});

describeFleetFromClone(() => fleet);

describeFleetPages(() => ({ fleet, documents, backups }), blocks);

/** What `GET /workers` tells of a worker of this fleet. */
interface Told {
  worker_id: string;
  state: string;
  duplicate_since: string | null;
}

async function told(index: number): Promise<Told | undefined> {
  const { items } = await fleet.api.ask<{ items: Told[] }>('GET', '/workers');
  return items.find(({ worker_id }) => worker_id === workerIdOf(index));
}

/** Every server runs a change, whatever is known of its worker. */
async function allRun(value: string): Promise<void> {
  await eventually(async () => {
    expect(await fleet.variable('shop', 'STEP')).toEqual(fleet.servers.map(() => [value]));
  }, CHANGE_LIMIT);
}

describe('with a user of its own for each worker', () => {
  /** Runs another worker on the engine of the second server, in place of its own. */
  async function instead(
    name: string,
    from: Record<string, string>,
    during: () => Promise<void>,
  ): Promise<void> {
    const server = fleet.server(1);
    const { DOCKER_HOST = '', STATE_DIR = '' } = server.worker.configuration;
    await server.worker.stop();
    const other = fleet.extra(name, 'worker', { ...from, DOCKER_HOST, STATE_DIR: `${STATE_DIR}-${name}` });
    other.start();
    try {
      await during();
      expect(other.unexpectedEnds).toEqual([]);
    } finally {
      await other.stop();
      server.worker.start();
    }
  }

  it(
    'one that reports as another is not believed, and disturbs nobody',
    async () => {
      const own = fleet.server(1).worker.configuration;
      await instead('liar', { ...own, WORKER_ID: workerIdOf(0) }, async () => {
        await fleet.untouched(['shop'], async () => {
          await eventually(async () => {
            const said = fleet.apis.map(({ process }) => process.output).join('');
            expect(said).toContain('a worker reported as another');
            // Nobody has said anything as this one for three intervals, while the liar went on.
            expect(await told(1)).toMatchObject({ state: 'offline' });
          }, CHANGE_LIMIT);
          expect(await told(0)).toMatchObject({ state: 'online', duplicate_since: null });
        });
        await allRun(await fleet.change('shop'));
        // Whom it has silenced can be forgotten, and is known again when it speaks.
        const withoutAsking = blocks.take('docs/cli.md', 'worker forget').command(1);
        await documents.forget(withoutAsking, workerIdOf(1));
      });
      await fleet.arrives('shop', await fleet.change('shop'));
      expect(await told(0)).toMatchObject({ duplicate_since: null });
    },
    LIMIT,
  );

  it(
    'two with one id and one user, as a cloned disk has them, are shown, and neither harms the other',
    async () => {
      await instead('clone', fleet.server(0).worker.configuration, async () => {
        await fleet.untouched(['shop'], async () => {
          await eventually(async () => {
            expect(await told(0)).toMatchObject({ state: 'online', duplicate_since: expect.any(String) });
            const { workers } = await fleet.api.ask<{ workers: Told[] }>('GET', '/apps/shop/status');
            expect(workers.find(({ worker_id }) => worker_id === workerIdOf(0))).toMatchObject({
              duplicate_since: expect.any(String),
            });
          }, CHANGE_LIMIT);
        });
        for (let count = 0; count < 2; count += 1) await allRun(await fleet.change('shop'));
      });
      await eventually(async () => {
        expect(await told(0)).toMatchObject({ state: 'online', duplicate_since: null });
      }, CHANGE_LIMIT);
      await fleet.arrives('shop', await fleet.change('shop'));
    },
    LIMIT,
  );
});

describe('a service that is configured wrongly', () => {
  /** Log lines of a service that have a text. */
  const linesWith = ({ output }: ServiceProcess, text: string) =>
    output.split('\n').filter((line) => line.includes(JSON.stringify(text).slice(1, -1)));

  /** Starts an api or a worker like those of the fleet, with other values, and ends it afterwards. */
  async function misconfigured(
    service: 'api' | 'worker',
    changes: Record<string, string>,
    during: (port: string, process: ServiceProcess) => Promise<void>,
  ): Promise<void> {
    const port = String(await freePort());
    const like = service === 'api' ? fleet.apiNumber(1).process : fleet.server(2).worker;
    const { STATE_DIR = '' } = like.configuration;
    const process = fleet.extra(`wrong ${service}`, service, {
      ...like.configuration,
      ...{ API_PORT: port, WORKER_PORT: port, SCOPE: 'wrong', STATE_DIR: `${STATE_DIR}-wrong` },
      ...changes,
    });
    process.start();
    try {
      await during(port, process);
      expect(process.unexpectedEnds).toEqual([]);
    } finally {
      await process.stop();
    }
  }

  const ENGINE_AWAY = 'the container engine does not answer; this is tried again';
  const FEED = { api: 'feed default', worker: 'rabbitmq' };

  it.each<[what: string, service: 'api' | 'worker', changes: Record<string, string>, words: RegExp]>(
    (['api', 'worker'] as const).flatMap((service) => [
      [
        'broker password',
        service,
        { RABBIT_PASSWORD: 'not-the-password' },
        /^RabbitMQ at 127\.0\.0\.1:\d+ refuses the login of the user nebula-[^ ]+; check name and password/,
      ],
      [
        'virtual host',
        service,
        { RABBIT_VHOST: 'nowhere' },
        /^RabbitMQ at 127\.0\.0\.1:\d+ ended the connection while opening the virtual host nowhere: it is missing, not allowed to the user nebula-[^ ]+,/,
      ],
    ]),
  )(
    'with a wrong %s: the %s lives, says it once in its log, and says the same in /readyz',
    async (_what, service, changes, words) => {
      const proxy = await BrokerProxy.start(fleet.broker.hosts.join());
      try {
        await misconfigured(service, { ...changes, RABBIT_HOST: proxy.address }, async (port, process) => {
          // The api has three connections, and all have been refused again.
          const attempts = service === 'api' ? 7 : 5;
          await eventually(async () => expect(proxy.accepted).toBeGreaterThanOrEqual(attempts), CHANGE_LIMIT);
          const { status, checks } = await readiness(port);
          expect(status).toBe(503);
          const problem = checks.find(({ name }) => name === FEED[service])?.problem ?? '';
          expect(problem).toMatch(words);
          // An app that is due at that moment can't be published either, which is told as well, once for all of them.
          const told = linesWith(process, problem).filter((line) => !line.includes('could not be published'));
          expect(told).toHaveLength(1);
          expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
        });
      } finally {
        await proxy.end();
      }
    },
    LIMIT,
  );

  it(
    'with a database that can not be reached: the api lives, says it once in its log, and says the same in /readyz',
    async () => {
      const MONGO_URL = `mongodb://nebula:${secret('of-the-database')}@127.0.0.1:1/`;
      // The part that publishes asks the database, too, and says nothing but this of it.
      const LOG_LEVEL = 'debug';
      await misconfigured('api', { MONGO_URL, LOG_LEVEL }, async (port, process) => {
        let problem = '';
        await eventually(async () => {
          const { status, checks } = await readiness(port);
          expect(status).toBe(503);
          problem = checks.find(({ name }) => name === 'store')?.problem ?? '';
          expect(problem).toMatch(/^MongoDB at 127\.0\.0\.1:1 can't be reached \(connect ECONNREFUSED/);
        }, CHANGE_LIMIT);
        await eventually(
          async () => expect(linesWith(process, 'could not be searched')).not.toEqual([]),
          CHANGE_LIMIT,
        );
        const told = () =>
          linesWith(process, '')
            .filter((line) => /"level":"(warn|error|fatal)"/.test(line) && /mongo|database/i.test(line))
            .map((line) => JSON.parse(line) as { time: string; msg: string; reason: string });
        const [first, ...more] = told();
        const { msg, reason } = first ?? {};
        expect({ msg, reason }).toEqual({ msg: 'the database is away', reason: problem });
        // It is told again after half a minute, and how late this test gets here nobody knows.
        const soonMs = Date.parse(first?.time ?? '') + 29_000;
        expect(more.filter(({ time }) => Date.parse(time) < soonMs)).toEqual([]);
        const refused = await fetch(`http://127.0.0.1:${port}/api/v3/apps/shop`);
        expect(refused.status).toBe(503);
        expect(await refused.text()).not.toContain('127.0.0.1');
      });
    },
    LIMIT,
  );

  it(
    'without the socket of an engine: the worker lives, says it once in its log, and says the same in /readyz',
    async () => {
      const socket = join(tmpdir(), 'no-such-folder', 'docker.sock');
      await misconfigured('worker', { DOCKER_HOST: `unix://${socket}` }, async (port, process) => {
        let problem = '';
        await eventually(async () => {
          const { status, checks } = await readiness(port);
          expect(status).toBe(503);
          problem = checks.find(({ name }) => name === 'docker')?.problem ?? '';
          expect(problem).toBe(
            `the Docker Engine at unix://${socket} does not answer: connect ENOENT ${socket}`,
          );
        }, CHANGE_LIMIT);
        // An app that came from the broker meanwhile has a line of its own.
        const told = () => linesWith(process, problem).filter((line) => line.includes(ENGINE_AWAY));
        await eventually(async () => expect(told()).toHaveLength(1), CHANGE_LIMIT);
        expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
        expect(existsSync(dirname(socket))).toBe(false);
      });
    },
    LIMIT,
  );

  it(
    'with a database of a newer version: the api ends with one line, and neither backup nor restore bids wait for it',
    async () => {
      const SCHEMA_NAME = 'of_tomorrow';
      await mongoCommand(fleet.databaseUrl, SCHEMA_NAME, {
        update: 'settings',
        updates: [{ q: { _id: 'schema' }, u: { $set: { value: 99 } }, upsert: true }],
      });
      const { configuration } = fleet.apiNumber(1).process;
      const run = async (...args: string[]) => {
        const environment = { ...configuration, SCHEMA_NAME, API_PORT: String(await freePort()) };
        const process = fleet.extra('too old', 'api', environment, ...args);
        return [await process.run(), ...process.output.trimEnd().split('\n')];
      };
      const line =
        'the database of_tomorrow of MongoDB at \\S+ was written by a newer version .*\\(schema 99, .*\\)$';
      expect(await run()).toEqual([78, expect.stringMatching(`^mongo_url: ${line}`)]);
      const file = join(backups, 'of-tomorrow');
      expect(await run('backup', file)).toEqual([1, expect.stringMatching(`^${line}`)]);
      const recorded = join(REPOSITORY, 'apps/api/src/store/testing/fixtures/3.0.0/backup.jsonl');
      expect(await run('restore', recorded)).toEqual([
        ...[1, expect.stringContaining('is a whole backup'), expect.stringMatching(`^${line}`)],
      ]);
    },
    LIMIT,
  );

  it(
    'with a file of SQLite, which a bundle lacks: the api and its backup end with one line, and make no file',
    async () => {
      const SQLITE_FILE = join(backups, 'nebula.db');
      const { configuration } = fleet.apiNumber(1).process;
      const environment = { ...configuration, MONGO_URL: '', SQLITE_FILE };
      for (const args of [[], ['backup', join(backups, 'of-sqlite')]]) {
        const api = fleet.extra('of sqlite', 'api', environment, ...args);
        expect([await api.run(), ...api.output.trimEnd().split('\n')]).toEqual([
          ...[78, expect.stringMatching(/^sqlite_file: .* without SQLite; set mongo_url .*\(npm run api\)$/)],
        ]);
      }
      const made = [SQLITE_FILE, join(backups, 'of-sqlite')].filter((path) => existsSync(path));
      expect(made).toEqual([]);
    },
    LIMIT,
  );

  it(
    'with an APP_NAME that no app can have: the worker ends with one line that says what is wrong',
    async () => {
      const { configuration } = fleet.server(2).worker;
      const worker = fleet.extra('misnamed', 'worker', { ...configuration, APP_NAME: 'shop,no app' });
      expect(await worker.run()).toBe(78);
      expect(worker.output.trim().split('\n')).toEqual([
        expect.stringMatching(/^APP_NAME: "no app" must be 1 to 63 letters/),
      ]);
    },
    LIMIT,
  );
});

it('no block of the documents is left', () => expect(blocks.left).toEqual([]));
