import type { Readable } from 'node:stream';
import { redactOutput } from '@nebula/logging';
import { RuntimeError } from '../runtime-error.js';
import type { DockerClient } from './docker-client.js';
import { streamBroken } from './docker-errors.js';
import { inspectOrNull } from './observed-container.js';
import { READ_LIMIT } from './read-limit.js';
import { wholeLines } from './whole-lines.js';

/** Longest time until the engine has begun a command, seconds, beside the command's own time. Under load it takes as long as a list. */
const BEGIN_LIMIT = READ_LIMIT;

/** So much of a command's output is kept until its secrets are out, characters. */
const KEPT_OUTPUT = 64 * 1024;

/** So many lines and characters of that are shown. */
const SHOWN_LINES = 10;
const SHOWN_OUTPUT = 4_000;

/** Variables whose values everybody may know. */
const PLAIN = new Set(['PATH', 'HOME', 'NEBULA_APP_NAME', 'NEBULA_REPLICA', 'NEBULA_NODE']);

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
  const options = { Cmd: [...command], AttachStdout: true, AttachStderr: true };
  // With a terminal the two outputs are one, and not packed in frames.
  const { id: exec } = await client
    .ask(BEGIN_LIMIT, (docker, abortSignal) =>
      docker.getContainer(id).exec({ ...options, Tty: true, abortSignal }),
    )
    .catch(untold);
  const output = await client
    .open(BEGIN_LIMIT, (docker, abortSignal) => docker.getExec(exec).start({ Tty: true, abortSignal }))
    .catch(untold);
  const { text, ended } = await readUntilEnd(output, seconds, client.host);
  const failure = ended ? failureOf(await exitCode(client, exec)) : `takes longer than ${seconds} s`;
  if (failure === null) return;
  const variables = await environmentOf(client, id);
  // Without them nobody knows what of the output is a secret.
  const told = variables ? redactOutput(wholeLines(text, KEPT_OUTPUT), secretsIn(variables)) : '';
  const lines = lastLines(told);
  throw new RuntimeError('other', `the command ${command[0] ?? ''} ${failure}${lines && `: ${lines}`}`);
}

/**
 * An engine that fails without saying that the command, or the container, is why has said nothing of the command. A command
 * that there isn't, and other mistakes, are known by their status or have an exit code.
 */
function untold(error: unknown): never {
  if (!(error instanceof RuntimeError) || error.kind !== 'other') throw error;
  throw new RuntimeError('unavailable', `the engine can't run it: ${error.message}`, { cause: error });
}

/** Null when the engine doesn't tell it. */
async function environmentOf(client: DockerClient, id: string): Promise<readonly string[] | null> {
  const container = await inspectOrNull(client, id).catch(() => null);
  return container?.Config.Env ?? null;
}

/**
 * Reads until the command ends or its time is over. Only the end of the output is kept; one character more than is
 * used tells that it was cut.
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
    for await (const chunk of output) text = `${text}${String(chunk)}`.slice(-KEPT_OUTPUT - 1);
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
    const { ExitCode } = await client.ask(BEGIN_LIMIT, (docker, abortSignal) =>
      docker.getExec(exec).inspect({ abortSignal }),
    );
    return ExitCode;
  } catch (error) {
    // An engine that was restarted in between knows nothing of it any more.
    if (error instanceof RuntimeError && error.kind === 'missing')
      throw streamBroken(error.cause, client.host);
    return untold(error);
  }
}

function failureOf(code: number | null): string | null {
  if (code === 0) return null;
  return code === null ? 'was ended with its container' : `ended with exit code ${code}`;
}

/** Values of an environment (`NAME=value`) that must not be told. */
function secretsIn(environment: readonly string[]): string[] {
  return environment.flatMap((variable) => {
    const [name = ''] = variable.split('=', 1);
    return PLAIN.has(name) ? [] : [variable.slice(name.length + 1)];
  });
}

function lastLines(text: string): string {
  const lines = text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const shown = lines.slice(-SHOWN_LINES).join(' | ');
  return shown.length > SHOWN_OUTPUT ? `…${shown.slice(-SHOWN_OUTPUT)}` : shown;
}
