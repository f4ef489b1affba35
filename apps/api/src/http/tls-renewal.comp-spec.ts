import { afterEach, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { makeCertificates } from '../../../../libs/messaging/src/testing/certificates.js';
import { eventually } from '../testing/eventually.js';
import { createFastifyAdapter } from './fastify-adapter.js';
import type { TlsPair } from './http-options.js';
import { registerTlsRenewal } from './tls-renewal.js';

let server: FastifyInstance | undefined;
afterEach(async () => await server?.close());

/** The common name of the authority that the server's certificate is from is the same each time, so its bytes are told. */
async function shown(port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.end();
    });
    socket.on('error', reject);
  });
}

it('a renewed certificate is shown without a restart, and one that can not be used changes nothing', async () => {
  const [first, second] = [(await makeCertificates()).server, (await makeCertificates()).server];
  let pair: TlsPair = first;
  const told: string[] = [];
  const note = (message: string) => void told.push(message);
  const tls = { ...first, read: () => pair };
  const made: FastifyInstance = createFastifyAdapter(undefined, { tls }).getInstance();
  server = made;
  registerTlsRenewal(made, tls, { info: note, warn: note }, 10);
  await made.listen({ port: 0, host: '127.0.0.1' });
  const { port } = made.server.address() as AddressInfo;
  expect(await shown(port)).toBe(first.cert);

  // The key is written later.
  pair = { cert: second.cert, key: first.key };
  await eventually(() => expect(told).toHaveLength(1));
  expect(told[0]).toContain('stays');
  expect(await shown(port)).toBe(first.cert);

  pair = second;
  await eventually(async () => expect(await shown(port)).toBe(second.cert));
  expect(told).toEqual([told[0], 'the certificate of the api was renewed']);
});
