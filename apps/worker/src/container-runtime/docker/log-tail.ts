import type { DockerClient } from './docker-client.js';
import { READ_LIMIT } from './read-limit.js';
import { wholeLines } from './whole-lines.js';

/** A frame of the output of a container without a terminal: its stream, three zeros, and the length of what follows. */
const HEADER_LENGTH = 8;

/**
 * The last lines of both streams of a container's output, as the engine kept them.
 *
 * @throws {RuntimeError} also when its log driver keeps nothing that could be read
 */
export async function logTail(
  client: DockerClient,
  id: string,
  { lines, characters }: { lines: number; characters: number },
): Promise<string> {
  const output = await client.ask(READ_LIMIT, (docker, abortSignal) =>
    docker.getContainer(id).logs({ stdout: true, stderr: true, follow: false, tail: lines, abortSignal }),
  );
  return wholeLines(textOf(output).trimEnd(), characters);
}

/** The text of the frames, or of the whole when there are none, as with a terminal. */
export function textOf(output: Buffer): string {
  const frames: Buffer[] = [];
  for (let at = 0; at < output.length; ) {
    if (!isHeader(output, at)) return output.toString('utf8');
    const end = at + HEADER_LENGTH + output.readUInt32BE(at + 4);
    frames.push(output.subarray(at + HEADER_LENGTH, end));
    at = end;
  }
  return Buffer.concat(frames).toString('utf8');
}

function isHeader(output: Buffer, at: number): boolean {
  return output.length >= at + HEADER_LENGTH && (output[at] ?? 9) <= 2 && output.readUIntBE(at + 1, 3) === 0;
}
