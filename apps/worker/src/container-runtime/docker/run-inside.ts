import type { Readable } from 'node:stream';
import { RuntimeError } from '../runtime-error.js';
import type { DockerClient } from './docker-client.js';
import { streamBroken } from './docker-errors.js';
import { inspectOrNull } from './observed-container.js';
import { withoutValues } from './without-values.js';

/** Seconds. */
const EXEC_LIMIT = 30;

/** So much of a command's output is kept, characters, and so many lines of that are shown. */
const KEPT_OUTPUT = 4_000;
const SHOWN_LINES = 10;

/**
 * Runs a command inside a container and waits for its end. One that takes too long goes on inside, since the engine
 * can't end it.
 *
 * @throws {RuntimeError} when it can't be run, fails or takes longer than `seconds`. The message has its last lines.
 */
export async function runInside(
  client: DockerClient,
  id: string,
  command: readonly string[],
  seconds: number,
): Promise<void> {
  const created = await client.ask(EXEC_LIMIT, (docker, abortSignal) =>
    docker.getContainer(id).exec({
      ...{ Cmd: [...command], AttachStdout: true, AttachStderr: true },
      // With a terminal the two outputs are one, and not packed in frames.
      ...{ Tty: true, abortSignal },
    }),
  );
  const output = await client.open(EXEC_LIMIT, (docker, abortSignal) =>
    docker.getExec(created.id).start({ Tty: true, abortSignal }),
  );
  const { text, ended } = await readUntilEnd(output, seconds, client.host);
  const failure = ended ? failureOf(await exitCode(client, created.id)) : `takes longer than ${seconds} s`;
  if (failure === null) return;
  const variables = (await inspectOrNull(client, id))?.Config.Env ?? [];
  const lines = lastLines(withoutValues(text, variables));
  throw new RuntimeError('other', `the command ${command[0] ?? ''} ${failure}${lines && `: ${lines}`}`);
}

/**
 * Reads until the command ends or its time is over. Only the end of the output is kept.
 *
 * @throws {RuntimeError} `unavailable` when the connection breaks: that says nothing about the command.
 */
export async function readUntilEnd(
  output: Readable,
  seconds: number,
  host: string,
): Promise<{ text: string; ended: boolean }> {
  let text = '';
  let ended = true;
  const limit = setTimeout(() => {
    ended = false;
    output.destroy();
  }, seconds * 1000);
  try {
    output.setEncoding('utf8');
    for await (const chunk of output) text = `${text}${String(chunk)}`.slice(-KEPT_OUTPUT);
  } catch (error) {
    // What was destroyed here ends with an error.
    if (ended) throw streamBroken(error, host);
  } finally {
    clearTimeout(limit);
  }
  return { text, ended };
}

async function exitCode(client: DockerClient, exec: string): Promise<number | null> {
  try {
    const { ExitCode } = await client.ask(EXEC_LIMIT, (docker, abortSignal) =>
      docker.getExec(exec).inspect({ abortSignal }),
    );
    return ExitCode;
  } catch (error) {
    // An engine that was restarted in between knows nothing of it any more.
    if (error instanceof RuntimeError && error.kind === 'missing')
      throw streamBroken(error.cause, client.host);
    throw error;
  }
}

function failureOf(code: number | null): string | null {
  if (code === 0) return null;
  return code === null ? 'was ended with its container' : `ended with exit code ${code}`;
}

function lastLines(text: string): string {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-SHOWN_LINES).join(' | ');
}
