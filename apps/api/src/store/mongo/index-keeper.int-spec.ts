import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { type AnyMongo, anyMongo } from '../../../../../tools/services/mongo.mjs';
import { eventually } from '../../testing/eventually.js';
import { StoreUnavailableError } from '../app-store.js';
import { createMongoDatabase } from '../testing/mongo-under-test.js';
import { MongoDatabase } from './mongo-database.js';
import { MONGO_LIMITS } from './mongo-options.js';

jest.setTimeout(120_000);

/** Short, so that it is soon over. */
const SILENCE_MS = 1_000;

/** What the server is asked with one of these it seems to work on, until it is let go. */
const SLOW = ['createIndexes', 'lingering'];

let server: AnyMongo;
let proxy: Server;
let url: string;
let letGo = () => {};
const asked: string[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = await anyMongo((line) => process.stderr.write(`${line}\n`));
  const { hostname, port } = new URL(server.url);
  const going = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let isSlow = false;
    client.on('data', (data) => {
      const slow = SLOW.find((name) => data.includes(name));
      if (slow) asked.push(slow);
      isSlow = slow !== undefined;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!isSlow) client.write(data);
      else void going.then(() => client.write(data));
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const proxied = new URL(server.url);
  if (typeof address === 'object' && address) proxied.host = `127.0.0.1:${address.port}`;
  proxied.searchParams.set('directConnection', 'true');
  url = proxied.href;
}, 600_000);

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  proxy?.close();
  await server?.remove();
});

it('an index is made on which the server works for longer than it may be silent, and nothing is told of it', async () => {
  const direct = createMongoDatabase(server.url);
  const lines: string[] = [];
  const note = (...parts: unknown[]) => {
    searchLogged(...parts);
    lines.push(JSON.stringify(parts));
  };
  const limits = { ...MONGO_LIMITS, silence: SILENCE_MS };
  const database = new MongoDatabase({ ...direct.options, url }, { info: note, warn: note }, limits);
  try {
    const apps = database.model('apps', new mongoose.Schema({ updated_at: String }));
    const lingering = database.model('lingering', new mongoose.Schema({ updated_at: String }));
    await database.run(() => apps.findOne());
    database.indexes.want(apps, { updated_at: 1 });
    await eventually(() => expect(asked).toContain('createIndexes'));
    // A call that has begun later is given up.
    await expect(database.run(() => lingering.findOne())).rejects.toThrow(StoreUnavailableError);
    letGo();
    const keys = async () => (await database.run(() => apps.collection.indexes())).map(({ key }) => key);
    await eventually(async () => expect(await keys()).toContainEqual({ updated_at: 1 }));
    expect(asked.filter((name) => name === 'createIndexes')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('index'))).toEqual([]);
  } finally {
    await database.close();
    await direct.destroy();
  }
});
