import type { Readable, Writable } from 'node:stream';

/** What may be a terminal: a stream of the process, or a test's own. */
export type Output = Writable & { isTTY?: boolean; columns?: number };
export type Input = Readable & { isTTY?: boolean };

/** The world of a command: all that it reads and writes of the process goes through this. */
export interface Terminal {
  stdin: Input;
  /** What was asked for: tables, documents. */
  stdout: Output;
  /** What is said beside it: questions, progress, errors. */
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, with `Interrupted` as its reason. */
  signal: AbortSignal;
  /** How apis are asked, by who trusts the certificates of a file beside the usual ones. */
  fetchTrusting: (caFile: string | null) => typeof fetch;
}

/** Whether somebody is there who can be asked: questions are written to where errors go, so both must be a terminal. */
export function canAsk({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

export function writeLine(output: Output, text = ''): void {
  output.write(`${text}\n`);
}

/** All of it, as text. */
export async function readAll(input: Input): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of input) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces).toString('utf8');
}
