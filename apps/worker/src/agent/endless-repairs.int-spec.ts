import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { EngineUnderTest } from '../container-runtime/testing/engine-under-test.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

const LIMIT = 60_000;

let worker: WorkerOnEngine;
let starts: Starts;
/** Of an app that goes on as if nothing were. */
let other: string;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  other = `${worker.app}-other`;
  starts = await Starts.watch(worker.engine.docker, `nebula.app=${worker.app}`);
  await worker.start();
  await worker.want(1, { containers_per: { server: 2 } }, { app_name: other });
  await worker.reported({ app_name: other, state: 'converged' }, LIMIT);
}, LIMIT);

afterEach(async () => {
  starts.end();
  await worker.destroy();
}, LIMIT);

/** Every start of a container with a label, as the engine tells of it. */
class Starts {
  /** When, milliseconds since 1970. */
  readonly times: number[] = [];
  /** Called with the container's id at each. */
  onStart: (id: string) => void = () => undefined;

  private constructor(private readonly stream: Readable) {
    createInterface(stream).on('line', (line) => {
      const { id, timeNano } = JSON.parse(line) as { id: string; timeNano: number };
      this.times.push(timeNano / 1_000_000);
      this.onStart(id);
    });
    stream.on('error', () => undefined);
  }

  static async watch(docker: EngineUnderTest['docker'], label: string): Promise<Starts> {
    const filters = { event: ['start'], label: [label] };
    return new Starts((await docker.getEvents({ filters })) as Readable);
  }

  /** Milliseconds between each start and the one before. */
  get gaps(): number[] {
    return this.times.slice(1).map((time, index) => time - (this.times[index] ?? 0));
  }

  end(): void {
    this.stream.destroy();
  }
}

/** The first gaps between starts are at least so long, milliseconds: a busy machine makes them longer. */
function expectGaps(least: readonly number[]): void {
  const gaps = starts.gaps.slice(0, least.length);
  expect(gaps.map((gap, index) => gap >= (least[index] ?? 0))).toEqual(least.map(() => true));
}

it(
  'a program that ends again and again is started ever more slowly and reported as failing, and another app goes on',
  async () => {
    await worker.want(1, { restart_policy: 'always', command: ['sh', '-c', 'exit 3'] });
    const end = /^\S+-1 ends with exit code 3; the engine has restarted it \d+ times$/;
    // The exit code is known from the first look at it between two starts.
    await eventually(() => {
      const error = { step: 'run', message: expect.stringMatching(end) };
      expect(worker.report()).toMatchObject({ state: 'failed', last_error: error });
    }, LIMIT);
    for (const [revision, docker_image] of [
      [2, IMAGES[1]],
      [3, IMAGES[0]],
    ] as const) {
      await worker.want(revision, { docker_image, containers_per: { server: 2 } }, { app_name: other });
      await worker.reported({ app_name: other, revision, state: 'converged' }, LIMIT);
    }
    expect((await worker.containers(other)).map(({ running }) => running)).toEqual([true, true]);
    await eventually(() => expect(starts.times.length).toBeGreaterThan(6), LIMIT);
    // The engine waits twice as long each time, from a tenth of a second on.
    expectGaps([100, 200, 400, 800, 1_600, 3_200]);
    expect(await worker.containers()).toHaveLength(1);
    expect(worker.report()?.state).toBe('failed');
  },
  3 * LIMIT,
);

it(
  'a container that somebody kills at each start is started ever more slowly, which is said, and another app is not touched',
  async () => {
    const before = await worker.containers(other);
    const { docker } = worker.engine;
    starts.onStart = (id) =>
      void docker
        .getContainer(id)
        .kill()
        .catch(() => undefined);
    await worker.want(1);
    const { last_error } = await worker.reported({ state: 'failed' }, LIMIT);
    expect(last_error?.message).toMatch(
      /^something keeps stopping or removing \S+-1: it was started \d+ times/,
    );
    await eventually(() => expect(starts.times.length).toBeGreaterThan(5), LIMIT);
    // The first ones at once, then after a second, two and four, each less by up to a half.
    expectGaps([0, 0, 500, 1_000, 2_000]);
    starts.onStart = () => undefined;
    await worker.reported({ state: 'converged' }, LIMIT);
    expect(await worker.containers(other)).toEqual(before);
  },
  3 * LIMIT,
);
