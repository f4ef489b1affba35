import { spawn } from 'node:child_process';
import { withoutOwnSecrets } from '@nebula/configuration';
import type { Secret } from './registry-auth.js';

/** Longest time that a helper may take, seconds: a pull waits for it. */
const LIMIT = 10;

/** Longest answer of a helper, bytes. Tokens of cloud registries take some thousand. */
const LONGEST_ANSWER = 64 * 1024;

/** What a helper has in place of a user's name when its secret is an identity token. */
const TOKEN_USER = '<token>';

/** In these words helpers say that they keep nothing for a registry. */
const NOT_FOUND = /credentials not found/i;

/** Why a helper gave no credentials, in words without any of its output: that may hold secrets. */
export class HelperError extends Error {}

export interface HelperOptions {
  /** Longest time that it may take, seconds; 10 when absent. */
  limit?: number;
  /**
   * Its environment, with the PATH on which it is looked for; that of this process without our own secrets when absent:
   * helpers of clouds find their settings in variables of any name.
   */
  environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Asks `docker-credential-<name> get`, as Docker's own client does.
 *
 * @param server as `serverAddress` has it.
 * @returns null when the helper keeps nothing for that registry.
 * @throws {HelperError}
 */
export async function askHelper(
  name: string,
  server: string,
  { limit = LIMIT, environment = withoutOwnSecrets() }: HelperOptions = {},
): Promise<Secret | null> {
  const program = `docker-credential-${name}`;
  if (!/^[\w.-]+$/.test(name)) throw new HelperError('the name of its credential helper is not allowed');
  const { code, text } = await outputOf(program, server, limit, environment);
  if (code !== 0) {
    if (NOT_FOUND.test(text)) return null;
    throw new HelperError(`${program} ended with exit code ${code}`);
  }
  const secret = secretIn(text);
  if (!secret) throw new HelperError(`${program} answered something else than credentials`);
  return secret;
}

async function outputOf(
  program: string,
  input: string,
  limit: number,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ code: number | null; text: string }> {
  // A group of its own, so that what the helper has started ends with it.
  const helper = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], detached: true, env });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new HelperError(`${program} did not answer within ${limit} s`));
      }, limit * 1000);
      const chunks: Buffer[] = [];
      let bytes = 0;
      helper.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= LONGEST_ANSWER) chunks.push(chunk);
        else reject(new HelperError(`${program} answered more than ${LONGEST_ANSWER} bytes`));
      });
      helper.once('error', ({ code }: NodeJS.ErrnoException) => {
        reject(
          new HelperError(`${program} can not be run: ${code === 'ENOENT' ? 'it is not on the PATH' : code}`),
        );
      });
      helper.once('close', (code) => resolve({ code, text: Buffer.concat(chunks).toString('utf8') }));
      // A helper that ends without reading is judged by its exit code.
      helper.stdin.on('error', () => undefined);
      helper.stdin.end(input);
    });
  } finally {
    clearTimeout(timer);
    helper.stdout.destroy();
    endGroup(helper.pid);
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

function secretIn(text: string): Secret | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof answer !== 'object' || answer === null) return null;
  const { Username: username, Secret: password } = answer as Record<string, unknown>;
  if (typeof username !== 'string' || typeof password !== 'string') return null;
  return username === TOKEN_USER ? { identitytoken: password } : { username, password };
}
