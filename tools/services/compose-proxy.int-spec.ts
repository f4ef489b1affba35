import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePackages } from '../engine/packages.mjs';
import { end } from '../engine/processes.mjs';
import { freePorts } from './free-port.mjs';

const CONFIG = join(import.meta.dirname, '..', '..', 'deploy', 'compose', 'haproxy.cfg');
/** HAProxy may have to be installed first. */
const LIMIT = 300_000;
const START_LIMIT_MS = 30_000;

/** Answers with the header as an api sees it. */
const upstream = createServer(({ headers }, answer) => answer.end(headers['x-forwarded-for'] ?? 'none'));
let folder: string;
let config: string;
let port: number;

beforeAll(async () => {
  await ensurePackages(['haproxy'], (line) => void process.stderr.write(`${line}\n`));
  folder = await mkdtemp(join(tmpdir(), 'nebula-proxy-'));
  [port = 0] = await freePorts(1);
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening));
  const api = (upstream.address() as AddressInfo).port;
  config = join(folder, 'haproxy.cfg');
  const text = await readFile(CONFIG, 'utf8');
  const here = text
    .replace('bind :8080', `bind 127.0.0.1:${port}`)
    .replace(/server-template .*/, `server api-1 127.0.0.1:${api}`);
  await writeFile(config, here);
}, LIMIT);

afterAll(async () => {
  await new Promise((closed) => upstream.close(closed));
  await rm(folder, { recursive: true, force: true });
});

/** @param tlsProxy value of TLS_PROXY */
const environment = (tlsProxy: string) => ({ ...process.env, TLS_PROXY: tlsProxy });

/** What an api is told of the client that sends each of these headers, undefined for none, from the loopback. */
async function told(tlsProxy: string, headers: (string | undefined)[]): Promise<string[]> {
  const proxy = spawn('haproxy', ['-db', '-f', config], { env: environment(tlsProxy), stdio: 'ignore' });
  const ask = async (header?: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      headers: header === undefined ? {} : { 'x-forwarded-for': header },
    });
    if (!answer.ok) throw new Error(`It answers ${answer.status}.`);
    return await answer.text();
  };
  try {
    for (const deadline = performance.now() + START_LIMIT_MS; ; await sleep(20)) {
      try {
        await ask();
        break;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
    }
    return await Promise.all(headers.map(ask));
  } finally {
    if (proxy.exitCode === null && proxy.signalCode === null) await end(proxy.pid ?? 0, 10_000);
  }
}

describe('the HAProxy of Docker Compose', () => {
  it.each(['', '10.0.0.5', '10.1.0.0/16 fd00::/8'])('takes TLS_PROXY=%j, without a warning', (tlsProxy) => {
    const checked = spawnSync('haproxy', ['-c', '-f', CONFIG], {
      ...{ encoding: 'utf8', env: environment(tlsProxy) },
    });
    expect({ code: checked.status, words: checked.stderr }).toEqual({ code: 0, words: '' });
  });

  it('believes nobody what he says of his address, unless a proxy with TLS is named', async () => {
    const headers = [undefined, '203.0.113.7'];
    expect(await told('', headers)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(await told('10.0.0.5', headers)).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('tells the apis of the client that the proxy with TLS has seen, and of nobody that the client names', async () => {
    const headers = ['203.0.113.7', '198.51.100.1, 203.0.113.7', '2001:db8::7', 'somebody', undefined];
    expect(await told('10.0.0.5 127.0.0.0/8', headers)).toEqual([
      ...['203.0.113.7', '203.0.113.7', '2001:db8::7', '127.0.0.1', '127.0.0.1'],
    ]);
  });
});
