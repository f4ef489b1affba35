import { beforeEach, describe, expect, it } from '@jest/globals';
import { Observation } from './observation.js';

let time: number;
let looks: number;
let failures: unknown[];
let look: () => Promise<number>;
let observation: Observation<number>;

beforeEach(() => {
  time = 1_000;
  looks = 0;
  failures = [];
  look = async () => looks;
  const counted = async () => {
    looks += 1;
    return await look();
  };
  const note = (error: unknown) => void failures.push(error);
  observation = new Observation(counted, { elapsed: () => time }, note, 20);
});

describe('an observation', () => {
  it('is made once for all who ask, and again after five seconds', async () => {
    const values = await Promise.all([observation.value(), observation.value(), observation.value()]);
    expect(values).toEqual([1, 1, 1]);
    time += 4_999;
    expect(await observation.value()).toBe(1);
    time += 1;
    expect(await observation.value()).toBe(2);
  });

  it('takes a twentieth of the time at most', async () => {
    look = async () => {
      time += 2_000;
      return looks;
    };
    await observation.value();
    time += 39_999;
    expect(await observation.value()).toBe(1);
    time += 1;
    expect(await observation.value()).toBe(2);
  });

  it('that takes long holds nobody up: the last one counts meanwhile, and none before the first', async () => {
    let end = (_value: number): void => undefined;
    look = () => new Promise<number>((resolve) => (end = resolve));
    expect(await observation.value()).toBeNull();
    expect(await observation.value()).toBeNull();
    expect(looks).toBe(1);
    end(7);
    expect(await observation.value()).toBe(7);
    time += 60_000;
    expect(await observation.value()).toBe(7);
    expect(looks).toBe(2);
  });

  it('that fails has no value, and is tried again when the next one asks', async () => {
    await observation.value();
    time += 60_000;
    look = () => Promise.reject(new Error('away'));
    expect(await observation.value()).toBeNull();
    expect(failures).toEqual([new Error('away')]);
    look = async () => 9;
    expect(await observation.value()).toBe(9);
  });

  it('that fails late leaves the store to others for as long as one that succeeds, up to half a minute', async () => {
    let takes = 1_000;
    look = async () => {
      time += takes;
      throw new Error('too slow');
    };
    await observation.value();
    time += 19_999;
    expect(await observation.value()).toBeNull();
    expect(looks).toBe(1);
    time += 1;
    takes = 8_000;
    expect(await observation.value()).toBeNull();
    expect(looks).toBe(2);
    look = async () => 9;
    time += 29_999;
    expect(await observation.value()).toBeNull();
    time += 1;
    expect(await observation.value()).toBe(9);
  });
});
