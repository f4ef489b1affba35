import { describe, expect, it } from '@jest/globals';
import { jsonLines } from './json-lines.js';

async function read(chunks: (string | Uint8Array)[]): Promise<unknown[]> {
  async function* stream() {
    yield* chunks;
  }
  const values: unknown[] = [];
  for await (const value of jsonLines(stream())) values.push(value);
  return values;
}

describe('JSON, one value per line', () => {
  const bytes = Buffer.from('{"a":"ü€𝄞"}\n\r\n{"b":2}\r\n{"c":3}');
  const values = [{ a: 'ü€𝄞' }, { b: 2 }, { c: 3 }];

  it('is read wherever the chunks end', async () => {
    for (let size = 1; size <= bytes.length; size += 1) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      expect(await read(chunks)).toEqual(values);
    }
  });

  it('is read from text', async () => {
    expect(await read(['{"a":', '1}\n{', '"b":2}\n'])).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('gives what came before a line that is broken, and then fails', async () => {
    const lines = jsonLines(
      (async function* () {
        yield '{"a":1}\n{"b"\n';
      })(),
    );
    expect((await lines.next()).value).toEqual({ a: 1 });
    await expect(lines.next()).rejects.toThrow(SyntaxError);
  });

  it('fails for a line without an end instead of keeping it for ever', async () => {
    await expect(read(Array.from({ length: 5 }, () => 'x'.repeat(1024 * 1024)))).rejects.toThrow(
      'longer than',
    );
  });
});
