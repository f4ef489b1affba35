/**
 * The command line of Kubernetes for tests: the one on the PATH, which another package than Debian's may have brought, or
 * Debian's.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ensurePackages } from '../engine/packages.mjs';

const KUBECTL_PACKAGE = 'kubernetes-client';

/** @param {(line: string) => void} say */
export async function ensureKubectl(say) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  if (folders.some((folder) => existsSync(join(folder, 'kubectl')))) return;
  await ensurePackages([KUBECTL_PACKAGE], say);
}
