import { describe, expect, test } from '@jest/globals';
import { containerKey, failureKey, pullKey } from './failure-key.js';
import { fingerprint } from './fingerprint.js';
import {
  afterConvergence,
  afterFailure,
  afterSuccess,
  backoff,
  isChange,
  onNewDesired,
  withPin,
} from './memory-updates.js';
import { emptyMemory } from './memory.js';
import { desiredApp, NOW, rightContainer, specOf, tokens } from './testing/builders.js';

const NODE = { cores: 2, memory_bytes: 1024 ** 3 };
const app = desiredApp({ containers_per: { server: 2 } });
const keyOf = (kind: 'create' | 'start', replica: number, desired = app) =>
  containerKey(kind, replica, fingerprint(specOf(desired), replica, desired.tokens));
const fail = (key: string, terminal: boolean, memory = emptyMemory(), now = NOW, jitter = 0) =>
  afterFailure(memory, { key, step: 'start', message: 'no', terminal }, now, jitter);

describe('backoff', () => {
  test.each([
    [1, 0, 1000],
    [2, 0, 2000],
    [5, 0, 16_000],
    [9, 0, 256_000],
    [10, 0, 300_000],
    [5000, 0, 300_000],
    [1, 1, 500],
    [10, 1, 150_000],
    [2, 0.5, 1500],
  ])('after %i failures with jitter %f is %i ms', (attempts, jitter, wait) => {
    expect(backoff(attempts, jitter)).toBe(wait);
  });
});

describe('memory', () => {
  test('takes names of secrets for nothing that is wanted of this server', () => {
    const env_vars = { TOKEN: 'hunter2' };
    const open = desiredApp({ env_vars });
    const memory = onNewDesired(emptyMemory(), open, NODE);
    expect(isChange(memory, desiredApp({ env_vars, secret_env_vars: ['TOKEN'] }), NODE)).toBe(false);
    expect(isChange(memory, desiredApp({ env_vars: { TOKEN: 'hunter3' } }), NODE)).toBe(true);
  });

  test('counts failures in a row and forgets them with a success', () => {
    const twice = fail('k', true, fail('k', false), NOW + 5000);
    expect(twice.failures).toEqual({
      k: {
        step: 'start',
        message: 'no',
        attempts: 2,
        terminal: true,
        since: NOW,
        failed_at: NOW + 5000,
        retry_at: NOW + 7000,
      },
    });
    expect(afterSuccess(twice, 'k').failures).toEqual({});
    expect(afterSuccess(twice, 'other')).toBe(twice);
  });

  test('of an app that has converged holds its pin alone', () => {
    const pin = { image: 'shop:1', release: 0, image_id: 'A' };
    expect(afterConvergence(withPin(fail('k', true), pin))).toEqual({ ...emptyMemory(), pin });
  });

  test('a success of creating does not forget that starting failed', () => {
    const memory = fail(keyOf('start', 1), false);
    expect(afterSuccess(memory, keyOf('create', 1))).toBe(memory);
  });

  test('a new revision forgets all but what can never start and is still wanted', () => {
    const other = desiredApp({ docker_image: 'shop:0' });
    let memory = fail(keyOf('start', 1), true);
    for (const key of [keyOf('create', 2), pullKey('shop:1', 0)]) memory = fail(key, false, memory);
    for (const key of [keyOf('start', 1, other), keyOf('start', 3), pullKey('shop:2', 0)])
      memory = fail(key, true, memory);

    const scaled = desiredApp({ containers_per: { server: 1 } }, { revision: 2 });
    expect(Object.keys(onNewDesired(memory, app, NODE).failures)).toEqual([keyOf('start', 1)]);
    expect(Object.keys(onNewDesired(memory, scaled, NODE).failures)).toEqual([keyOf('start', 1)]);
    for (const wish of [
      { ...app, tokens: tokens({ restart: 2 }) },
      desiredApp({ running: false }),
      desiredApp({}, { deleted: true, spec: null }),
    ]) {
      expect(onNewDesired(memory, wish, NODE).failures).toEqual({});
    }
  });

  test('of a release that could not be pulled outlives a new revision, and it is tried at once', () => {
    const released = { ...app, tokens: tokens({ release: 7 }) };
    const memory = fail(pullKey('shop:1', 7), false, fail(pullKey('shop:2', 7), false));
    const kept = onNewDesired(memory, { ...released, revision: 2 }, NODE);
    expect(kept.failures).toEqual({ [pullKey('shop:1', 7)]: expect.objectContaining({ retry_at: NOW }) });
    for (const wish of [
      { ...app, tokens: tokens({ release: 8 }) },
      { ...released, spec: specOf(desiredApp({ running: false })) },
      desiredApp({}, { deleted: true, spec: null }),
    ]) {
      expect(onNewDesired(memory, wish, NODE).failures).toEqual({});
    }
  });
});

describe('the key of a failure', () => {
  const containers = [rightContainer(app, 1)];
  const start = { kind: 'start', replica: 1 } as const;

  test('is the same for a container that is created and one that is there', () => {
    const draft = {
      name: 'web-1.next',
      scope: 'default',
      node: 'box',
      replica: 1,
      fingerprint: fingerprint(specOf(app), 1, app.tokens),
      image: 'shop:1',
      ports: [],
      networks: [],
      spec: specOf(app),
    };
    const create = { kind: 'create', draft } as const;
    const created = { ...start, target: { by: 'created', replica: 1 } } as const;
    expect(failureKey(created, [create, created], [])).toBe(keyOf('start', 1));
    expect(failureKey({ ...start, target: { by: 'id', id: 'c1' } }, [], containers)).toBe(keyOf('start', 1));
    expect(failureKey(create, [], [])).toBe(keyOf('create', 1));
  });

  test('tells releases of an image apart', () => {
    const pull = { kind: 'pull', image: 'shop:1' } as const;
    expect(failureKey({ ...pull, release: 1 }, [], [])).not.toBe(failureKey({ ...pull, release: 2 }, [], []));
  });
});
