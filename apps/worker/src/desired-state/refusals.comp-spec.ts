import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { MemoryEngine } from '../agent/testing/memory-engine.js';
import { wanted } from '../agent/testing/messages.js';
import { WorkerUnderTest } from '../agent/testing/worker-under-test.js';
import { eventually } from '../container-runtime/testing/eventually.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  await worker.start();
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  engine.calls.length = 0;
});

afterEach(async () => {
  await worker.destroy();
});

it('a message for a later worker changes nothing, and the report says that this one is too old', async () => {
  worker.receive({ app_name: 'web', schema: 9, min_reader: 9, epoch: 1, revision: 2, something: 'new' });
  const report = await worker.reported({ state: 'failed', revision: 1 });
  expect(report.last_error).toMatchObject({ step: 'desired-state', retry_at: null });
  expect(report.last_error?.message).toContain('/min_reader needs a worker that reads schema 9');
  expect(report.containers).toHaveLength(1);
  expect(engine.calls).toEqual([]);
  worker.receive(wanted({ revision: 3 }));
  expect((await worker.reported({ state: 'converged', revision: 3 })).last_error).toBeNull();
});

it('an invalid message is described field by field in log and report', async () => {
  const message = wanted({ revision: 2 });
  worker.receive({ ...message, tokens: { restart: -1, release: 0 }, issued_at: 'today' });
  const report = await worker.reported({ state: 'failed', revision: 1 });
  expect(report.last_error?.message).toMatch(/\/tokens\/restart.*\/issued_at|\/issued_at.*\/tokens\/restart/);
  expect(worker.log.text).toContain('/tokens/restart');
  expect(worker.inbox.counts.invalid).toBe(1);
  expect(engine.calls).toEqual([]);
});

it('two desired states with one position are reported, and neither is guessed to be right', async () => {
  worker.receive(wanted({ spec: { docker_image: 'shop:2' } }));
  const report = await worker.reported({ state: 'failed', revision: 1 });
  expect(report.last_error?.message).toContain('two different desired states have one position');
  // By a digest, a guess of a secret could be confirmed.
  expect(worker.log.text + JSON.stringify(worker.reports)).not.toMatch(/[0-9a-f]{64}/);
  expect(report.containers.map(({ image }) => image)).toEqual(['shop:1']);
  expect(engine.calls).toEqual([]);
  // The api raises the epoch, and what it says then holds.
  worker.receive(wanted({ epoch: 2, spec: { docker_image: 'shop:2' } }));
  const after = await worker.reported({ state: 'converged', epoch: 2 });
  expect(after.containers.map(({ image }) => image)).toEqual(['shop:2']);
});

it('the same message again takes a refusal back and is otherwise only a reason to look', async () => {
  worker.receive(wanted({ spec: { docker_image: 'shop:2' } }));
  await worker.reported({ state: 'failed' });
  worker.receive(wanted());
  await worker.reported({ state: 'converged', revision: 1 });
  const container = engine.named('web-1');
  if (container) container.state = 'exited';
  worker.receive(wanted());
  await eventually(() => expect(engine.named('web-1')?.state).toBe('running'));
  expect(engine.calls.map(({ verb }) => verb)).toEqual(['start']);
});

it('what is no message at all is counted, and reported of the app whose stream has brought it', async () => {
  for (const payload of [undefined, null, 7, 'text', [], {}, { app_name: '../x' }])
    worker.receive(payload, 'web');
  expect(worker.inbox.counts.invalid).toBe(7);
  const report = await worker.reported({ app_name: 'web', state: 'failed', revision: 1 });
  expect(report.last_error).toMatchObject({ step: 'desired-state' });
  expect(engine.calls).toEqual([]);
});

it("a message of another app than the stream's is refused, and the other app doesn't hear of it", async () => {
  worker.receive(wanted({ app_name: 'other', revision: 2 }), 'web');
  const report = await worker.reported({ app_name: 'web', state: 'failed', revision: 1 });
  expect(report.last_error?.message).toContain('/app_name must be web');
  expect(worker.inbox.counts).toMatchObject({ invalid: 1, newer: 1 });
  expect(engine.calls).toEqual([]);
});

it('a refused message of an unknown app is reported without a position', async () => {
  worker.receive({ app_name: 'new', min_reader: 9 });
  const report = await worker.reported({ app_name: 'new', state: 'failed' });
  expect(report).toMatchObject({ epoch: 0, revision: 0, containers: [] });
});
