import { type AppSpec, deviceRequests } from '@nebula/contracts';
import { limitsOf } from './limits.js';
import type { NodeFacts } from './observed.js';

/**
 * What Podman leaves out of a container, and answers as if it had done it (`containers_create.go` of its compatible API,
 * 4.3): the app would run as something else than was asked for, or be made anew at every look.
 */
export function podmanProblems(spec: AppSpec, { is_podman, swap_limit }: NodeFacts): string[] {
  if (!is_podman) return [];
  const problems: string[] = [];
  if (swap_limit && limitsOf(spec).memory_swap === -1) {
    problems.push(
      'resources: memory_swap can not be -1 on the engine of this server (Podman), which takes it for twice the memory; give the bytes of memory and swap together',
    );
  }
  if (deviceRequests(spec.gpus).length > 0) {
    problems.push(
      'gpus: the engine of this server (Podman) gives a container none; leave it out there, or name the devices in devices',
    );
  }
  if (spec.runtime !== null) {
    problems.push(
      `runtime: the engine of this server (Podman) takes its own whatever is asked for; leave it out there, and have Podman configured with "${spec.runtime}"`,
    );
  }
  if (spec.entrypoint?.length === 0) {
    problems.push(
      'entrypoint: the engine of this server (Podman) takes [] for the entrypoint of the image; [""] beside a command takes it away there, too',
    );
  }
  return problems;
}
