import { afterEach, describe, expect, it } from '@jest/globals';
import type { HealthCheck } from './health-checks.js';
import { type HealthServer, startHealthServer } from './health-server.js';

let server: HealthServer | undefined;

let metrics: () => Promise<string>;

async function start(...checks: HealthCheck[]): Promise<string> {
  metrics = async () => 'up 1\n';
  server = await startHealthServer('127.0.0.1', 0, '3.0.0', checks, () => metrics());
  return `http://127.0.0.1:${server.port}`;
}

afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('the health of a worker', () => {
  it('is alive whatever is missing', async () => {
    const url = await start({ name: 'docker', problem: () => 'does not answer' });
    const answer = await fetch(`${url}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok', version: '3.0.0' }]);
  });

  it('is ready when nothing is missing', async () => {
    const url = await start(
      { name: 'docker', problem: async () => null },
      { name: 'feed', problem: () => null },
    );
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: 'ok',
      checks: [
        { name: 'docker', problem: null },
        { name: 'feed', problem: null },
      ],
    });
  });

  it('says what is missing, what fails and what hangs', async () => {
    const url = await start(
      { name: 'docker', problem: () => 'does not answer' },
      { name: 'broker', problem: () => 'amqp://u:hunter2@rabbit is away' },
      { name: 'feed', problem: () => Promise.reject(new Error('secret words')) },
      { name: 'disk', problem: () => new Promise(() => {}) },
    );
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      status: 'not ready',
      checks: [
        { name: 'docker', problem: 'does not answer' },
        { name: 'broker', problem: 'amqp://[redacted]@rabbit is away' },
        { name: 'feed', problem: 'could not be checked' },
        { name: 'disk', problem: 'does not answer within 2 s' },
      ],
    });
  });

  it('is ready without what it can do without, and tells of it all the same', async () => {
    const url = await start(
      { name: 'docker', problem: () => null },
      { name: 'reports', problem: () => 'no queue takes them', isOptional: true },
    );
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      status: 'ok',
      checks: [
        { name: 'docker', problem: null },
        { name: 'reports', problem: 'no queue takes them' },
      ],
    });
  });

  it("has the metrics beside it, and says in a line when they can't be had", async () => {
    const url = await start();
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([200, 'up 1\n']);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    metrics = () => Promise.reject(new Error('secret words'));
    const refused = await fetch(`${url}/metrics`);
    expect([refused.status, await refused.json()]).toEqual([
      500,
      { status: 'error', message: 'the metrics could not be read' },
    ]);
  });

  it('knows no other path and no other method', async () => {
    const url = await start();
    expect((await fetch(`${url}/apps`)).status).toBe(404);
    const answer = await fetch(`${url}/readyz`, { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
