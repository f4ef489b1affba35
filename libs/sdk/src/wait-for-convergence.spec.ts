import { describe, expect, it } from '@jest/globals';
import { createNebulaClient } from './client.js';
import type { WaitAnswer } from './generated/types.gen.js';
import { json, problem, type Scripted, ScriptedFetch } from './testing/scripted-fetch.js';
import { type ConvergenceOptions, waitForConvergence } from './wait-for-convergence.js';

const SOON = { 'retry-after': '0' };

function answer(given: Partial<WaitAnswer> = {}): WaitAnswer {
  return {
    ...{ app_name: 'shop', epoch: 1, revision: 7, outcome: 'timeout', as_of: '2026-01-31T12:00:00.000Z' },
    ...{ desired_revision: given.revision ?? 7, deleted: false },
    ...{ converged: 1, pending: 1, offline: 0, waiting_for: [] },
    ...given,
  };
}

const DONE = answer({ outcome: 'converged', converged: 2, pending: 0 });

async function waitWith(script: Scripted[], given: Partial<ConvergenceOptions> = {}) {
  const server = new ScriptedFetch(...script);
  const client = createNebulaClient({ baseUrl: 'http://nebula.example', fetch: server.fetch, maxRetries: 0 });
  const outcome = await waitForConvergence({ client, app: 'shop', ...given }).catch(
    (error: unknown) => error,
  );
  return { outcome, asked: server.requests.map(({ request }) => new URL(request.url).search) };
}

describe('waiting for convergence', () => {
  it('looks first, then waits for the revision that it has seen', async () => {
    const { outcome, asked } = await waitWith([json(200, answer()), json(200, answer()), json(200, DONE)], {
      progressMs: 3_000,
    });
    expect(outcome).toEqual(DONE);
    expect(asked).toEqual(['?timeout=0', '?timeout=3&revision=7', '?timeout=3&revision=7']);
  });

  it.each([
    [0, 1],
    [-5, 1],
    [600_001, 600],
    [Number.POSITIVE_INFINITY, 600],
  ])('makes of %d ms between two looks what the api takes', async (progressMs, seconds) => {
    const { outcome, asked } = await waitWith([json(200, answer()), json(200, DONE)], {
      ...{ progressMs, timeoutMs: 3_600_000 },
    });
    expect(outcome).toEqual(DONE);
    expect(asked).toEqual(['?timeout=0', `?timeout=${seconds}&revision=7`]);
  });

  it('outlives an api that is away', async () => {
    const { outcome } = await waitWith([
      json(200, answer()),
      new TypeError('fetch failed'),
      problem(503, 'shutting-down', SOON),
      problem(503, 'store-unavailable', SOON),
      json(200, DONE),
    ]);
    expect(outcome).toEqual(DONE);
  });

  it('ends when the time is over, with who is missing and why', async () => {
    const waiting_for: WaitAnswer['waiting_for'] = ['a', 'b', 'c', 'd'].map((hostname) => ({
      ...{
        worker_id: hostname,
        hostname,
        epoch: 1,
        revision: 6,
        state: 'converging' as const,
        last_error: null,
      },
      last_seen_at: '2026-01-31T12:00:00.000Z',
    }));
    const { outcome } = await waitWith([json(200, answer({ pending: 9, waiting_for }))], { timeoutMs: 0 });
    expect(outcome).toMatchObject({ name: 'NotConvergedError', reason: 'timeout', answer: { pending: 9 } });
    expect((outcome as Error).message).toBe(
      '9 of 10 workers have not converged on revision 7 of shop: a is converging, b is converging, c is converging, and 6 more',
    );
  });

  it('ends when the time is over while the api is away', async () => {
    const away = Array.from({ length: 50 }, () => problem(503, 'shutting-down', { 'retry-after': '1' }));
    const { outcome } = await waitWith(away, { timeoutMs: 100 });
    expect(outcome).toMatchObject({ reason: 'timeout', answer: null, cause: { status: 503 } });
    expect((outcome as Error).message).toBe('it is not known how far shop is: the api did not answer');
  });

  it('does not wait for what can not come', async () => {
    const nobody = answer({ outcome: 'no_workers', converged: 0, pending: 0 });
    const { outcome, asked } = await waitWith([json(200, nobody), json(200, nobody)]);
    expect(outcome).toMatchObject({ reason: 'no_workers' });
    expect(asked).toHaveLength(2);
  });

  it('is content with a newer revision, and tells of it', async () => {
    const newer = answer({ outcome: 'converged', pending: 0, desired_revision: 8 });
    const { outcome } = await waitWith([json(200, newer)], { revision: 7 });
    expect(outcome).toEqual(newer);
  });

  it.each(['timeout', 'converged', 'no_workers'] as const)(
    'ends when the app is deleted after that revision, with %s, too',
    async (last) => {
      const gone = answer({ outcome: last, desired_revision: 8, deleted: true });
      const { outcome, asked } = await waitWith([json(200, answer()), json(200, gone)]);
      expect(outcome).toMatchObject({ name: 'NotConvergedError', reason: 'deleted', answer: gone });
      expect((outcome as Error).message).toBe(
        'shop was deleted at revision 8, so no worker will have revision 7 of it',
      );
      expect(asked).toHaveLength(2);
    },
  );

  it('waits for a deletion that it is asked to wait for', async () => {
    const gone = { revision: 8, desired_revision: 8, deleted: true };
    const done = answer({ ...gone, outcome: 'converged', pending: 0 });
    const { outcome } = await waitWith([json(200, answer(gone)), json(200, done)], { revision: 8 });
    expect(outcome).toEqual(done);
  });

  it.each([{}, { isDeletion: true, revision: 8 }])(
    'takes an app that is made anew for no success of its deletion, %j',
    async (given) => {
      const gone = answer({ revision: 8, deleted: true });
      const anew = answer({ outcome: 'converged', revision: 8, desired_revision: 9, pending: 0 });
      const looks = given.isDeletion ? [anew] : [gone, anew];
      const { outcome, asked } = await waitWith(
        looks.map((each) => json(200, each)),
        given,
      );
      expect(outcome).toMatchObject({ name: 'NotConvergedError', reason: 'made_anew', answer: anew });
      expect((outcome as Error).message).toBe('shop was made anew at revision 9 after its deletion');
      expect(asked).toHaveLength(looks.length);
    },
  );

  it('waits for the later deletion of an app that was made anew and deleted again', async () => {
    const again = answer({ outcome: 'converged', revision: 8, desired_revision: 10, deleted: true });
    const pending = answer({ revision: 10, deleted: true });
    const done = answer({ outcome: 'converged', revision: 10, deleted: true, pending: 0 });
    const looks = [answer({ revision: 8, deleted: true }), again, pending, done];
    const { outcome, asked } = await waitWith(looks.map((each) => json(200, each)));
    expect(outcome).toEqual(done);
    expect(asked).toEqual([
      ...['?timeout=0', '?timeout=5&revision=8', '?timeout=0&revision=10', '?timeout=5&revision=10'],
    ]);
  });

  it('takes an api that does not tell of the desired revision at its word', async () => {
    const { desired_revision: _revision, deleted: _deleted, ...older } = DONE;
    const { outcome } = await waitWith([json(200, older)]);
    expect(outcome).toEqual(older);
  });

  it('ends when the api refuses', async () => {
    const { outcome } = await waitWith([problem(404, 'app-not-found')]);
    expect(outcome).toMatchObject({ status: 404 });
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('enough'));
    const call = waitWith([json(200, answer()), json(200, DONE)], { signal: stop.signal, onProgress });
    expect((await call).outcome).toMatchObject({ message: 'enough' });
  });
});
