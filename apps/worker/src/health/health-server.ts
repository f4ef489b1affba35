import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { redactText } from '@nebula/logging';

/** Something that must be there before the worker can do its work. */
export interface HealthCheck {
  name: string;
  /** Null when all is well, else what is missing, in a few words. */
  problem(): string | null | Promise<string | null>;
  /** The worker does its work without it, too: it is told, and no reason not to be ready. */
  isOptional?: boolean;
}

export interface HealthServer {
  /** Port that it listens on. */
  port: number;
  close(): Promise<void>;
}

/** Longest wait for one check, milliseconds. */
const CHECK_LIMIT_MS = 2_000;

/**
 * Answers `GET /healthz` (alive) and `GET /readyz` (able to work; 503 with what is missing), for whoever watches
 * the worker. It tells nothing about apps.
 * @param port 0 for any
 * @throws {NodeJS.ErrnoException} when it can't listen there
 */
export async function startHealthServer(
  host: string,
  port: number,
  version: string,
  checks: readonly HealthCheck[],
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, { status: 'error', message: 'only GET is known here' });
    } else if (path === '/healthz') send(response, 200, { status: 'ok', version });
    else if (path === '/readyz') void answerReady(response, checks);
    else send(response, 404, { status: 'error', message: 'there are /healthz and /readyz' });
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
  const results = await Promise.all(checks.map(resultOf));
  const ready = results.every(({ problem }, index) => problem === null || checks[index]?.isOptional);
  send(response, ready ? 200 : 503, { status: ready ? 'ok' : 'not ready', checks: results });
}

async function resultOf(check: HealthCheck): Promise<{ name: string; problem: string | null }> {
  const { name } = check;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`does not answer within ${CHECK_LIMIT_MS / 1000} s`), CHECK_LIMIT_MS);
  });
  try {
    const problem = await Promise.race([check.problem(), late]);
    // Drivers word some of them, and whoever asks has no login.
    return { name, problem: problem === null ? null : redactText(problem) };
  } catch {
    return { name, problem: 'could not be checked' };
  } finally {
    clearTimeout(timer);
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
