import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { makeCertificates } from '../testing/certificates.js';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { RabbitFeed } from './rabbit-feed.js';
import type { RabbitOptions } from './rabbit-options.js';

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
  await eventually(() => expect(feed.problem()).toMatch(/can’t be reached: .*certificate/));
  expect(log.lines).toHaveLength(1);
});

it('a broker that asks for our certificate doesn’t take us without one', async () => {
  const feed = feedWith({ ca: certificates.ca, verify: true });
  await eventually(() => expect(feed.problem()).toContain('can’t be reached: '));
  await expect(feed.publish(wanted('shop', 1))).rejects.toThrow('can’t be reached: ');
});

it('a port without TLS is told', async () => {
  const feed = feedWith({ ca: certificates.ca, verify: true }, server.broker.hosts);
  await eventually(() => expect(feed.problem()).toContain('it doesn’t speak TLS there'));
  expect(log.text).not.toContain('ssl3');
});
