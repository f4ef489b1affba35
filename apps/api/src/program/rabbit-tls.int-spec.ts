import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { loadConfiguration, RABBIT_KEYS, rabbitConnection } from '@nebula/configuration';
import { type DesiredStateMessage, PATTERNS } from '@nebula/contracts';
import {
  BrokerConnection,
  RabbitDesiredStateStrategy,
  RabbitFeed,
  type RabbitOptions,
} from '@nebula/messaging';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerUnderTest } from '../../../../libs/messaging/src/testing/broker-under-test.js';
import { makeCertificates } from '../../../../libs/messaging/src/testing/certificates.js';
import { eventually } from '../../../../libs/messaging/src/testing/eventually.js';
import { Listener } from '../../../../libs/messaging/src/testing/listener.js';
import { LogLines } from '../../../../libs/messaging/src/testing/log-lines.js';
import { wanted } from '../../../../libs/messaging/src/testing/messages.js';

const LIMIT = 120_000;

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

type Ssl = NonNullable<RabbitOptions['ssl']>;

let server: BrokerUnderTest;
let certificates: Awaited<ReturnType<typeof makeCertificates>>;
const feeds: RabbitFeed[] = [];
const log = new LogLines();

beforeAll(async () => {
  certificates = await makeCertificates();
  server = await BrokerUnderTest.start({
    certificates: { ca: certificates.ca, ...certificates.server },
    // It asks for a certificate of ours, too.
    settings: ['ssl_options.verify = verify_peer', 'ssl_options.fail_if_no_peer_cert = true'],
  });
}, LIMIT);

afterAll(async () => {
  await server.remove();
}, LIMIT);

beforeEach(() => log.start());

afterEach(async () => {
  for (const feed of feeds.splice(0)) await feed.close();
  log.stop();
});

function feedWith(ssl: Ssl, hosts = server.broker.tlsHosts): RabbitFeed {
  const feed = new RabbitFeed({ region: 'eu', ...server.options({ hosts, ssl }) });
  feeds.push(feed);
  return feed;
}

it('files that the configuration names lead from the api to a worker that follows a stream', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-tls-'));
  try {
    const { ca, client } = certificates;
    const pem = { RABBIT_SSL_CA: ca, RABBIT_SSL_CERT: client.cert, RABBIT_SSL_KEY: client.key };
    for (const [key, text] of Object.entries(pem)) await writeFile(join(folder, key), text, { mode: 0o600 });
    const { admin, tlsHosts } = server.broker;
    const environment = {
      ...{ RABBIT_HOST: tlsHosts.join(), RABBIT_USER: admin.user, RABBIT_PASSWORD: admin.password },
      ...{ RABBIT_SSL: 'true', RABBIT_RECONNECT_MAX_SECONDS: '1' },
      ...Object.fromEntries(Object.keys(pem).map((key) => [key, join(folder, key)])),
    };
    const file = join(folder, 'conf.json');
    await writeFile(file, '{}');
    const options = rabbitConnection(loadConfiguration(RABBIT_KEYS, { environment, file }));
    const feed = new RabbitFeed({ ...options, region: 'eu', connection_name: 'an api' });
    feeds.push(feed);
    const connection = new BrokerConnection({ ...options, connection_name: 'a worker' });
    const strategy = new RabbitDesiredStateStrategy(connection, ['followed']);
    const worker = await Listener.start<DesiredStateMessage>(PATTERNS.desiredState, strategy);
    try {
      await eventually(() => feed.publish(wanted('followed', 1)));
      // A stream that is missing is looked for at intervals that grow.
      await eventually(() => expect(worker.received).toEqual([wanted('followed', 1)]), 90_000);
    } finally {
      await worker.close();
      await connection.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('a broker with certificates is used by TLS, with a certificate of ours', async () => {
  const feed = feedWith({ ca: certificates.ca, ...certificates.client, verify: true });
  await eventually(() => expect(feed.problem()).toBeNull());
  await feed.publish(wanted('shop', 1));
  expect((await feed.readNewest('shop'))?.revision).toBe(1);
});

it('any certificate will do when it is not to be verified', async () => {
  const feed = feedWith({ ...certificates.client, verify: false });
  await eventually(() => expect(feed.problem()).toBeNull());
});

it('a certificate of an unknown authority is refused, in words', async () => {
  const feed = feedWith({ ...certificates.client, verify: true });
  await eventually(() => expect(feed.problem()).toMatch(/can't be reached: .*certificate/));
  expect(log.lines).toHaveLength(1);
});

it("a broker that asks for our certificate doesn't take us without one", async () => {
  const feed = feedWith({ ca: certificates.ca, verify: true });
  await eventually(() => expect(feed.problem()).toContain("can't be reached: "));
  await expect(feed.publish(wanted('shop', 1))).rejects.toThrow("can't be reached: ");
});

it('a port without TLS is told', async () => {
  const feed = feedWith({ ca: certificates.ca, verify: true }, server.broker.hosts);
  await eventually(() => expect(feed.problem()).toContain("it doesn't speak TLS there"));
  expect(log.text).not.toContain('ssl3');
});
