import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { makeCertificates } from '../testing/certificates.js';
import { eventually } from '../testing/eventually.js';
import { wanted } from '../testing/messages.js';
import { RabbitFeed } from './rabbit-feed.js';

const DEPLOY = join(import.meta.dirname, '..', '..', '..', '..', 'deploy', 'rabbitmq');
const LIMIT = 120_000;

let server: BrokerUnderTest;
let certificates: Awaited<ReturnType<typeof makeCertificates>>;

beforeAll(async () => {
  certificates = await makeCertificates();
  const read = async (name: string) => await readFile(join(DEPLOY, name), 'utf8');
  server = await BrokerUnderTest.start({
    certificates: { ca: certificates.ca, ...certificates.server },
    deployed: { configuration: await read('rabbitmq.conf'), plugins: await read('enabled_plugins') },
  });
}, LIMIT);

afterAll(async () => {
  await server.remove();
}, LIMIT);

it(
  'the broker of deploy/rabbitmq is used by TLS, with its name in its certificate and none of ours',
  async () => {
    const ssl = { ca: certificates.ca, verify: true };
    const feed = new RabbitFeed({ region: 'eu', ...server.options({ hosts: server.broker.tlsHosts, ssl }) });
    try {
      await eventually(() => expect(feed.problem()).toBeNull());
      await feed.publish(wanted('shop', 1));
      expect((await feed.readNewest('shop'))?.revision).toBe(1);
    } finally {
      await feed.close();
    }
  },
  LIMIT,
);

it('it listens for nobody without TLS, and is managed on this machine alone', async () => {
  const { listeners } = JSON.parse(await server.broker.manage('GET', '/api/overview')) as {
    listeners: { protocol: string }[];
  };
  const protocols = listeners.map(({ protocol }) => protocol).sort();
  expect(protocols).toEqual(['amqp/ssl', 'clustering', 'http', 'http/prometheus']);
  const { port } = new URL(server.broker.managementUrls[0] ?? '');
  await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow('fetch failed');
});

it('it has what Prometheus reads', async () => {
  const answer = await fetch(server.broker.metricsUrls[0] ?? '');
  expect(await answer.text()).toMatch(/^rabbitmq_connections_opened_total /m);
});
