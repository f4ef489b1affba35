import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXPOSITION_TYPE } from '@nebula/metrics';
import { type HealthCheck, resultsOf } from './health-checks.js';

export interface HealthServer {
  /** Port that it listens on. */
  port: number;
  close(): Promise<void>;
}

/**
 * Answers `GET /healthz` (alive), `GET /readyz` (able to work; 503 with what is missing) and `GET /metrics`, for whoever
 * watches the worker. It tells nothing about apps.
 * @param port 0 for any
 * @param metrics gives them in Prometheus' text format
 * @throws {NodeJS.ErrnoException} when it can't listen there
 */
export async function startHealthServer(
  host: string,
  port: number,
  version: string,
  checks: readonly HealthCheck[],
  metrics: () => Promise<string>,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, { status: 'error', message: 'only GET is known here' });
    } else if (path === '/healthz') send(response, 200, { status: 'ok', version });
    else if (path === '/readyz') void answerReady(response, checks);
    else if (path === '/metrics') void answerMetrics(response, metrics);
    else send(response, 404, { status: 'error', message: 'there are /healthz, /readyz and /metrics' });
  });
  server.requestTimeout = 10_000;
  await listening(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerReady(response: ServerResponse, checks: readonly HealthCheck[]): Promise<void> {
  const results = await resultsOf(checks);
  const ready = results.every(({ problem }, index) => problem === null || checks[index]?.isOptional);
  send(response, ready ? 200 : 503, { status: ready ? 'ok' : 'not ready', checks: results });
}

async function answerMetrics(response: ServerResponse, metrics: () => Promise<string>): Promise<void> {
  try {
    const text = await metrics();
    response.writeHead(200, { 'content-type': EXPOSITION_TYPE, 'cache-control': 'no-store' });
    response.end(text);
  } catch {
    send(response, 500, { status: 'error', message: 'the metrics could not be read' });
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(`${JSON.stringify(body)}\n`);
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
