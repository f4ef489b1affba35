import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { engineOf, killEngine, startEngine, stopEngine } from '../../../../../tools/engine/engine.mjs';
import type { RuntimeEvent } from '../container-runtime.js';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { specOf } from '../testing/spec.js';
import { DockerClient } from './docker-client.js';
import { containerEvents, EVENT_TIMES } from './docker-events.js';

/** Collects events until it is ended. */
class Listener {
  readonly seen: RuntimeEvent[] = [];
  private readonly ending = new AbortController();
  private readonly done: Promise<void>;

  constructor(events: (signal: AbortSignal) => AsyncIterable<RuntimeEvent>) {
    this.done = (async () => {
      for await (const event of events(this.ending.signal)) this.seen.push(event);
    })();
  }

  actionsOf(app: string | null): string[] {
    return this.seen.filter(({ app_name }) => app_name === app).map(({ action }) => action);
  }

  async connected(times: number, limitMs = 30_000): Promise<void> {
    await eventually(
      () =>
        expect(this.seen.filter(({ action }) => action === 'connected').length).toBeGreaterThanOrEqual(times),
      limitMs,
    );
  }

  async end(): Promise<void> {
    this.ending.abort();
    await this.done;
  }
}

const listeners: Listener[] = [];

function listen(events: (signal: AbortSignal) => AsyncIterable<RuntimeEvent>): Listener {
  const listener = new Listener(events);
  listeners.push(listener);
  return listener;
}

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  for (const listener of listeners) await listener.end();
  await engine.close();
}, 60_000);

describe('the events of containers', () => {
  it('say what happens, and to which app', async () => {
    const app = engine.prefix;
    const listener = listen((signal) => engine.runtime.events(engine.scope, signal));
    await listener.connected(1);
    const id = await engine.running({ spec: specOf({ app_name: app }) });
    await eventually(() => expect(listener.actionsOf(app)).toContain('health_status'));
    await engine.docker.getContainer(id).pause();
    await engine.runtime.unpause(id);
    await engine.runtime.rename(id, `${engine.prefix}-new-name`);
    await engine.runtime.setRestartPolicy(id, 'no');
    await engine.docker.getContainer(id).kill();
    await engine.runtime.remove(id);
    await eventually(() => expect(listener.actionsOf(app)).toContain('destroy'));
    const actions = listener
      .actionsOf(app)
      .filter((action) => action !== 'health_status' && action !== 'disconnect');
    expect(actions).toEqual([
      ...['create', 'start', 'pause', 'unpause', 'rename', 'update', 'kill', 'die', 'destroy'],
    ]);
    await listener.end();
  }, 60_000);

  it('say that a container which runs has lost a network, and whose it is', async () => {
    const app = engine.prefix;
    const id = await engine.running({ spec: specOf({ app_name: app }) });
    const others = await engine.foreign(`${engine.prefix}-theirs`);
    const listener = listen((signal) => engine.runtime.events(engine.scope, signal));
    await listener.connected(1);
    await engine.docker.getNetwork(DEFAULT_NETWORK).disconnect({ Container: id });
    await engine.docker.getNetwork('bridge').disconnect({ Container: others });
    await eventually(() => {
      expect(listener.actionsOf(app)).toContain('disconnect');
      expect(listener.actionsOf(null)).toContain('disconnect');
    }, 20_000);
    await listener.end();
  }, 60_000);

  it('of others have no app, and health checks alone are no event', async () => {
    const listener = listen((signal) => engine.runtime.events(engine.scope, signal));
    await listener.connected(1);
    const others = await EngineUnderTest.open();
    const app = others.prefix;
    const id = await others.running({ spec: specOf({ app_name: app }) });
    await eventually(async () => expect((await others.observed(id)).health).toBe('healthy'));
    await others.inside(id, 'env');
    await others.close();
    await eventually(() => expect(listener.actionsOf(null)).toContain('destroy'));
    expect(listener.actionsOf(app)).toEqual([]);
    expect(listener.seen.map(({ action }) => action).filter((action) => action.startsWith('exec'))).toEqual(
      [],
    );
    await listener.end();
  }, 60_000);

  it('can be ended at any moment', async () => {
    const atOnce = listen((signal) => engine.runtime.events(engine.scope, signal));
    await atOnce.end();
    const quiet = listen((signal) => engine.runtime.events(engine.scope, signal));
    await quiet.connected(1);
    await quiet.end();
    const nowhere = listen((signal) =>
      new EngineUnderTest('unix:///nowhere.sock').runtime.events('a', signal),
    );
    await nowhere.end();
    expect(nowhere.seen).toEqual([]);
  });

  it('come to a reader that leaves early', async () => {
    for await (const event of engine.runtime.events(engine.scope, new AbortController().signal)) {
      expect(event).toEqual({ action: 'connected', app_name: null });
      break;
    }
  });
});

describe('an engine that goes away', () => {
  let folder: string;
  let host: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nebula-engine-'));
    ({ host } = await startEngine({ folder }));
  }, 120_000);

  afterAll(async () => {
    await stopEngine(folder);
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  it('is heard again when it is back, in order or killed', async () => {
    const own = await EngineUnderTest.open(host);
    const listener = listen((signal) => own.runtime.events(own.scope, signal));
    await listener.connected(1);
    await stopEngine(folder);
    expect(await own.runtime.problem()).toContain('does not answer');
    await startEngine({ folder });
    await listener.connected(2);
    await killEngine(folder);
    await startEngine({ folder });
    await listener.connected(3);
    expect(await own.runtime.problem()).toBeNull();

    await own.running({ spec: specOf({ app_name: 'after' }) });
    await eventually(() => expect(listener.actionsOf('after')).toContain('start'));
    await listener.end();
    await own.close();
  }, 180_000);

  it('is noticed when it hangs without a word', async () => {
    const client = new DockerClient(host);
    const times = { ...EVENT_TIMES, check_every: 200, check_limit: 500 };
    const listener = listen((signal) => containerEvents(client, 'any', signal, () => 0.5, times));
    await listener.connected(1);
    const pid = engineOf(folder)?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      const runtime = new EngineUnderTest(host).runtime;
      expect(await runtime.problem()).toContain('no answer within 5 s');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await listener.connected(2, 60_000);
    await listener.end();
    client.close();
  }, 120_000);
});
