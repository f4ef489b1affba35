import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { RuntimeError } from '../runtime-error.js';
import { readUntilEnd } from './run-inside.js';

const HOST = 'unix:///run/docker.sock';

function output(...chunks: (string | Error)[]): Readable {
  return Readable.from(
    (async function* () {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        yield chunk;
      }
    })(),
  );
}

it('an output that ends says what the command wrote', async () => {
  expect(await readUntilEnd(output('a', 'b'), 5, HOST)).toEqual({ text: 'ab', ended: true });
});

it.each([
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  // As a response that is cut ends in some releases: without a code.
  new Error('aborted'),
])(
  'a connection that breaks while the command runs is an engine that does not answer: %s',
  async (broken) => {
    const error: unknown = await readUntilEnd(output('a', broken), 5, HOST).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ kind: 'unavailable', terminal: false });
  },
);
