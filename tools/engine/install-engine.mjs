/**
 * Installs what an engine of our own needs.
 */
import { existsSync } from 'node:fs';
import { ensurePackages, hasApt, installCommand, missingPackages } from './packages.mjs';

/** Where the kernel has AppArmor, the engine can start no container without its parser. */
const APPARMOR = existsSync('/sys/kernel/security/apparmor') ? ['apparmor'] : [];

/** dockerd with containerd and runc, and the two commands with which it and we set up networks. */
export const ENGINE_PACKAGES = ['docker.io', 'iptables', 'iproute2', ...APPARMOR];

/** @returns {string[]} what would be installed */
export function missingForEngine() {
  return missingPackages(ENGINE_PACKAGES);
}

/**
 * @returns {string | null} null when an engine can be installed and started here, else what to do instead
 */
export function engineInstallProblem() {
  if (!hasApt()) {
    return 'install a Docker Engine (https://docs.docker.com/engine/install/), or set DOCKER_HOST to the address of one';
  }
  if (process.getuid?.() !== 0) return `run: ${installCommand(['docker.io'])}`;
  return null;
}

/**
 * @param {(line: string) => void} say
 * @throws {Error} in words for people
 */
export async function installEngine(say) {
  await ensurePackages(ENGINE_PACKAGES, say);
}
