/**
 * Packages of Debian and Ubuntu.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { pidIn } from './processes.mjs';

/** Asked by the packages' scripts whether services may be started; 101 means no. */
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** Holds the id of the process that installs: apt-get keeps others out only half of the time. */
const LOCK_FILE = '/run/nebula-packages.pid';
const LOCK_LIMIT_MS = 300_000;
const LOCK_POLL_MS = 200;

/**
 * @param {string[]} packages
 * @returns {string[]} those that are not installed
 */
export function missingPackages(packages) {
  return packages.filter((name) => {
    const { status, stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Abbrev}', name], {
      encoding: 'utf8',
    });
    return status !== 0 || !stdout.startsWith('ii');
  });
}

/** @returns {boolean} whether this is Debian or Ubuntu, or made from one of them */
export function hasApt() {
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release) && existsSync('/usr/bin/apt-get');
  } catch {
    return false;
  }
}

/**
 * @param {string} name
 * @returns {string | null} the version that would be installed, as far as this machine's lists know
 */
export function candidateVersion(name) {
  const { stdout } = spawnSync('apt-cache', ['policy', name], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const version = /^\s*Candidate: (\S+)$/m.exec(stdout ?? '')?.[1];
  return version === undefined || version === '(none)' ? null : version;
}

/**
 * @param {string[]} packages
 * @returns {string} the command that installs them, for people
 */
export function installCommand(packages) {
  return `sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
}

/**
 * Installs what is missing, without starting any service of the packages.
 * @param {string[]} packages
 * @param {(line: string) => void} say
 * @throws {Error} with the exact command when this machine or user can't, or with what apt-get says
 */
export async function ensurePackages(packages, say) {
  const missing = hasApt() ? missingPackages(packages) : packages;
  if (missing.length === 0) return;
  if (!hasApt())
    throw new Error(
      `this needs ${packages.join(', ')}, which can only be installed by itself on Debian and Ubuntu`,
    );
  if (process.getuid?.() !== 0) {
    throw new Error(
      `this needs ${missing.join(', ')}; as this user may not install it, run\n  ${installCommand(missing)}`,
    );
  }
  await lockPackages();
  try {
    await install(missingPackages(packages), say);
  } finally {
    await rm(LOCK_FILE, { force: true });
  }
}

/** Waits until no other process of ours installs. */
async function lockPackages() {
  for (const end = performance.now() + LOCK_LIMIT_MS; ; await sleep(LOCK_POLL_MS)) {
    try {
      return await writeFile(LOCK_FILE, String(process.pid), { flag: 'wx' });
    } catch (error) {
      const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!isThere || performance.now() > end) throw error;
      const holder = pidIn(LOCK_FILE, (command) => command.length > 0);
      if (holder === null && existsSync(LOCK_FILE)) await rm(LOCK_FILE, { force: true });
    }
  }
}

/**
 * @param {string[]} packages
 * @param {(line: string) => void} say
 */
async function install(packages, say) {
  if (packages.length === 0) return;
  say(`Installing ${packages.join(', ')} with apt-get …`);
  const quiet = !existsSync(POLICY_FILE);
  if (quiet) await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await apt(['update'], say);
    await apt(['install', '--yes', '--no-install-recommends', ...packages], say);
  } finally {
    if (quiet) await rm(POLICY_FILE, { force: true });
  }
}

/**
 * @param {string[]} args
 * @param {(line: string) => void} say
 * @returns {Promise<void>}
 */
function apt(args, say) {
  const command = ['-o', 'DPkg::Lock::Timeout=120', '--quiet=2', ...args];
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', command, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        output += text;
        for (const [line] of text.matchAll(/^(Unpacking|Setting up) .*$/gm)) say(`  ${line}`);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`apt-get ${args.join(' ')} ended with ${code}:\n${output.trim()}`));
    });
  });
}
