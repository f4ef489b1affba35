import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { secret } from '../../../../../tools/test/known-secrets.mjs';
import { eventually } from '../../testing/eventually.js';
import { LogLines } from '../../testing/log-lines.js';
import { BrokerKeeper } from './broker-keeper.js';

const log = new LogLines();
let server: Server | null = null;
let keeper: BrokerKeeper;

/** What stands where a management plugin should be; nobody does without an answer. */
async function keeperOf(answer?: RequestListener): Promise<BrokerKeeper> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  if (!answer) await stopServer();
  keeper = new BrokerKeeper(
    {
      management: { url: `http://127.0.0.1:${port}`, user: 'admin', password: secret('adm1n-Secret') },
      vhost: 'nebula',
      api: { user: 'nebula-api', password: secret('ap1-Secret') },
      workers: [],
      report_interval_seconds: 60,
    },
    86_400_000,
  );
  keeper.start();
  return keeper;
}

async function stopServer(): Promise<void> {
  server?.closeAllConnections();
  if (server?.listening) await new Promise((resolve) => server?.close(resolve));
}

beforeEach(() => log.start());

afterEach(async () => {
  await keeper.close();
  await stopServer();
  log.stop();
});

describe('a management plugin that does not answer', () => {
  it('is no problem while nothing is known to be missing, and is told once', async () => {
    await keeperOf();
    await eventually(() => expect(log.problems('could not be looked at')).toHaveLength(1));
    expect(keeper.problem()).toBeNull();
    keeper.suspect();
    expect(keeper.problem()).toMatch(
      /^RabbitMQ can't be set up: the management plugin at http:\/\/127\.0\.0\.1:\d+ does not answer: nobody listens there$/,
    );
    expect(log.lines).toHaveLength(1);
  });

  it("doesn't hold up the end", async () => {
    let asked = 0;
    await keeperOf(() => {
      asked += 1;
    });
    await eventually(() => expect(asked).toBe(1));
    const from = performance.now();
    await keeper.close();
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(log.lines).toEqual([]);
  });
});

it('what is missing and can not be made is a problem, without a secret', async () => {
  await keeperOf(({ method }, answer) => {
    answer.statusCode = method === 'GET' ? 404 : 400;
    answer.end('{"error":"bad_request","reason":"no more of these"}');
  });
  await eventually(() =>
    expect(keeper.problem()).toBe(
      "RabbitMQ can't be set up: the broker answers PUT vhosts/nebula with 400: bad_request: no more of these",
    ),
  );
  expect(log.text).not.toContain('Secret');
});

it('a connection that was refused has it look again, where all was there before', async () => {
  let asked = 0;
  await keeperOf(({ method }, answer) => {
    expect(method).toBe('GET');
    asked += 1;
    answer.end('{}');
  });
  await eventually(() => expect(asked).toBeGreaterThan(8));
  const before = asked;
  keeper.suspect();
  await eventually(() => expect(asked).toBe(2 * before));
  expect(keeper.problem()).toBeNull();
  expect(log.lines).toEqual([]);
});
