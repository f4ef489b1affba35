/**
 * The command ip, of the package iproute2.
 */
import { execFileSync } from 'node:child_process';
import { isNativeError } from 'node:util/types';

/** Where system programs are, which is not on everybody's path. */
export const WITH_SBIN = {
  ...process.env,
  PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
};

/**
 * Sets up the machine's network, or looks at it.
 * @param {string[]} args
 * @returns {{ text: string, problem: string | null }}
 */
export function ip(...args) {
  try {
    const text = execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe', env: WITH_SBIN });
    return { text, problem: null };
  } catch (error) {
    const stderr = isNativeError(error) && 'stderr' in error ? String(error.stderr).trim() : '';
    if (isNativeError(error) && 'code' in error && error.code === 'ENOENT') {
      throw new Error('the command ip (package iproute2) is missing', { cause: error });
    }
    return { text: '', problem: stderr || String(error) };
  }
}
