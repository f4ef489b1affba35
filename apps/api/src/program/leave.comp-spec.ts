import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StopSignals } from '@nebula/lifecycle';
import { freePort } from '../../../../tools/services/free-port.mjs';
import { eventually } from '../testing/eventually.js';
import { loadApiConfiguration } from './configuration.js';
import { runApi } from './run-api.js';

const HALF_OF_A_REQUEST =
  'PUT /api/v3/apps/other HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{';

let folder: string;
let url: string;
let terminal: EventEmitter;
let ended: Promise<number>;
let half: Socket;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-leaving-'));
  const file = join(folder, 'conf.json');
  await writeFile(file, '{}');
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  terminal = new EventEmitter();
  const environment = {
    ...{ RABBIT_HOST: '127.0.0.1:1', RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: 'hunter2' },
    ...{ API_PORT: String(port), AUTH_ENABLED: 'false', LOG_LEVEL: 'fatal' },
    SQLITE_FILE: join(folder, 'nebula.db'),
  };
  ended = runApi(loadApiConfiguration({ environment, file }), new StopSignals(terminal, () => undefined));
  await eventually(async () => expect(await statusOf('GET', '/healthz')).toBe(200));
  expect(await statusOf('PUT', '/api/v3/apps/shop', { docker_image: 'shop:1' })).toBe(201);
  // It is under way for as long as it may be, since the rest of it never comes.
  half = connect(port, '127.0.0.1').on('error', () => undefined);
  await new Promise<void>((resolve) => half.write(HALF_OF_A_REQUEST, () => resolve()));
});

afterEach(async () => {
  terminal.emit('SIGINT');
  half.destroy();
  await ended;
  await rm(folder, { recursive: true, force: true });
});

/** Of the answer, null when there is none. */
async function statusOf(method: string, path: string, json?: object): Promise<number | null> {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const headers = { 'content-type': 'application/json' };
  return await fetch(url + path, { method, headers, ...body }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    },
    () => null,
  );
}

it('an api that is told to end says so first, and makes every change until it is not there any more', async () => {
  terminal.emit('SIGTERM');
  await eventually(async () => expect(await statusOf('GET', '/healthz')).toBe(503));
  expect(await statusOf('GET', '/readyz')).toBe(503);
  const answer = await fetch(`${url}/api/v3/apps/shop`);
  expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);

  const seen: (number | null)[] = [];
  for (let step = 1; seen.at(-1) !== null; step += 1)
    seen.push(await statusOf('PATCH', '/api/v3/apps/shop', { env_vars: { STEP: String(step) } }));
  expect(seen.length).toBeGreaterThan(2);
  expect(new Set(seen)).toEqual(new Set([200, null]));
  half.destroy();
  expect(await ended).toBe(0);
});

it('Ctrl-C waits for no load balancer', async () => {
  half.destroy();
  terminal.emit('SIGINT');
  const seen = [await statusOf('GET', '/healthz')];
  while (seen.at(-1) !== null) seen.push(await statusOf('GET', '/healthz'));
  expect(seen).not.toContain(503);
  expect(await ended).toBe(0);
});
