import { StringDecoder } from 'node:string_decoder';

/** No line of the engine comes near this, in characters; a longer one means that the stream is not what it should be. */
const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * Reads a stream of JSON values, one per line. Chunks may end anywhere, within a character too.
 *
 * @throws {SyntaxError} for a line that isn't JSON, and whatever the stream fails with.
 */
export async function* jsonLines(stream: AsyncIterable<string | Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error(`a line is longer than ${LONGEST_LINE} characters`);
    for (const line of lines) {
      if (line.trim() !== '') yield JSON.parse(line) as unknown;
    }
  }
  rest += decoder.end();
  if (rest.trim() !== '') yield JSON.parse(rest) as unknown;
}
