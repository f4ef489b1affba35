import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { EventStream } from './event-stream.js';

const opened: EventStream[] = [];

// One that is open keeps the process alive.
afterEach(() => {
  for (const stream of opened.splice(0)) stream.cut();
});

function streamOf(...parts: ConstructorParameters<typeof EventStream>): EventStream {
  const stream = new EventStream(...parts);
  opened.push(stream);
  return stream;
}

it('a reader that is too slow is cut off, and not fed any more', async () => {
  let closed = 0;
  const stream = streamOf(() => (closed += 1), 1_000);
  const { body } = stream.answer;
  for (let number = 0; number < 100; number += 1)
    stream.send({ id: String(number), type: 'x', data: 'y'.repeat(100) });
  await eventually(() => expect(closed).toBe(1));
  expect(body.destroyed).toBe(true);
  expect(body.readableLength).toBeLessThan(2_000);
  stream.end();
});

it('a reader that keeps up gets everything, and the end', async () => {
  let closed = 0;
  const stream = streamOf(() => (closed += 1), 1_000);
  let text = '';
  stream.answer.body.on('data', (chunk: Buffer) => (text += chunk.toString()));
  for (let number = 0; number < 100; number += 1) {
    stream.send({ id: String(number), type: 'x', data: { number } });
    await new Promise(setImmediate);
  }
  stream.end();
  await eventually(() => expect(closed).toBe(1));
  expect(text.match(/^id: /gm)).toHaveLength(100);
  expect(text).toContain('id: 99\nevent: x\ndata: {"number":99}\n\n');
});

it('a reader gets all that it missed at once, and is too slow only for what comes after it', async () => {
  let closed = 0;
  const stream = streamOf(() => (closed += 1), 1_000);
  const { body } = stream.answer;
  const missed = Array.from({ length: 100 }, (_, number) => ({
    id: String(number),
    type: 'x',
    data: 'y'.repeat(100),
  }));
  stream.replay(missed);
  stream.send({ id: '100', type: 'x', data: 'next' });
  expect(body.destroyed).toBe(false);
  expect(String(body.read()).match(/^id: /gm)).toHaveLength(101);
  stream.replay(missed);
  for (let number = 0; number < 300; number += 1)
    stream.send({ id: '101', type: 'x', data: 'y'.repeat(100) });
  await eventually(() => expect(closed).toBe(1));
});

it('more of what a reader missed waits until it has read what was sent before, or has gone', async () => {
  const stream = streamOf(() => undefined, 100_000);
  const { body } = stream.answer;
  const missed = Array.from({ length: 2 }, () => ({ id: '0', type: 'x', data: 'y'.repeat(90_000) }));
  const taken = async () => {
    let outcome: boolean | null = null;
    void stream.taken().then((is) => (outcome = is));
    await new Promise(setImmediate);
    return () => outcome;
  };
  expect((await taken())()).toBe(true);
  stream.replay(missed);
  const first = await taken();
  expect(first()).toBeNull();
  body.read();
  await eventually(() => expect(first()).toBe(true));
  stream.replay(missed);
  const second = await taken();
  expect(second()).toBeNull();
  stream.cut();
  await eventually(() => expect(second()).toBe(false));
  expect((await taken())()).toBe(false);
});

it('a reader that has read what it missed is cut off as soon as any other', async () => {
  let closed = 0;
  const stream = streamOf(() => (closed += 1), 1_000);
  const { body } = stream.answer;
  stream.replay([{ id: '0', type: 'x', data: 'y'.repeat(100_000) }]);
  expect(String(body.read())).toHaveLength(100_025);
  for (let number = 1; number <= 100; number += 1)
    stream.send({ id: String(number), type: 'x', data: 'y'.repeat(100) });
  await eventually(() => expect(closed).toBe(1));
  expect(body.readableLength).toBeLessThan(2_000);
});

it('a reader that may listen no more is cut off, also when it reads nothing', async () => {
  let closed = 0;
  const stream = streamOf(() => (closed += 1));
  stream.send({ id: '1', type: 'x', data: {} });
  stream.cut();
  await eventually(() => expect(closed).toBe(1));
  stream.send({ id: '2', type: 'x', data: {} });
});

it('a reader that was told the end and has not read it yet gets nothing more', async () => {
  let closed = 0;
  const stream = streamOf(() => (closed += 1));
  const errors: Error[] = [];
  stream.answer.body.on('error', (error) => errors.push(error));
  stream.end();
  stream.send({ id: '1', type: 'x', data: {} });
  stream.end();
  stream.answer.body.resume();
  await eventually(() => expect(closed).toBe(1));
  expect(errors).toEqual([]);
});
