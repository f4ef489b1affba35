import { type AppSpec, fillTemplates, HIGHEST_PORT, LONGEST_HOSTNAME, replicaPorts } from '@nebula/contracts';
import { collide, type HostPort, portName } from './host-ports.js';
import type { NodeFacts } from './observed.js';
import { podmanProblems } from './podman-fit.js';
import type { PlanProblem } from './step.js';

/**
 * What keeps the spec from running on this server because of its number of replicas, its size, its name and its
 * engine, which only the server knows. At most one problem of each kind, the first.
 */
export function nodeProblems(spec: AppSpec, replicas: number, node: NodeFacts): PlanProblem[] {
  const owners = new Map<number, { port: HostPort; replica: number }[]>();
  let tooHigh: string | null = null;
  let collision: string | null = null;
  for (let replica = 1; replica <= replicas; replica += 1) {
    for (const port of replicaPorts(spec, replica)) {
      const { host_port } = port;
      if (host_port > HIGHEST_PORT) {
        tooHigh ??= `starting_ports: replica ${replica} of ${replicas} would need host port ${host_port}; the highest is ${HIGHEST_PORT}`;
      }
      const others = owners.get(host_port) ?? [];
      const owner = others.find((other) => collide(other.port, port));
      if (owner) {
        collision ??= `starting_ports: replicas ${owner.replica} and ${replica} of ${replicas} would both need host port ${portName(port)}; leave more room between the ports or run fewer replicas`;
      }
      owners.set(host_port, [...others, { port, replica }]);
    }
  }
  return [
    tooHigh,
    collision,
    hostnameProblem(spec, replicas, node),
    hookProblem(spec, node),
    processorsProblem(spec, node),
    checkProblem(spec, node),
    ...podmanProblems(spec, node),
  ]
    .filter((message) => message !== null)
    .map((message) => ({ step: 'plan', message, retry_at: null }));
}

/** Docker makes no container that is given more than there is. */
function processorsProblem({ resources: { cpus = 0 } }: AppSpec, { cores }: NodeFacts): string | null {
  return cpus <= cores ? null : `resources: cpus is ${cpus}; this server has ${cores}`;
}

/** A container is held by its restart policy until its hook has succeeded, and would be held for ever. */
function hookProblem({ hooks }: AppSpec, { can_update }: NodeFacts): string | null {
  if (can_update || !hooks.post_start) return null;
  return 'hooks: post_start needs an engine that can change the restart policy of a container, and the one of this server can not (Podman); pre_stop can be had';
}

/** Podman has systemd run its checks: without that a container would be starting for ever. */
function checkProblem({ health_check }: AppSpec, { can_check }: NodeFacts): string | null {
  if (can_check || health_check === null || health_check === 'none') return null;
  return 'health_check: the engine of this server runs none (Podman without systemd); leave it out there, or set it to "none"';
}

function hostnameProblem({ hostname, app_name }: AppSpec, replicas: number, node: NodeFacts): string | null {
  if (hostname === null) return null;
  for (let replica = 1; replica <= replicas; replica += 1) {
    const name = fillTemplates(hostname, { node: node.hostname, replica, app: app_name });
    if (name.length <= LONGEST_HOSTNAME) continue;
    return `hostname: "${name}" of replica ${replica} has ${name.length} characters; the longest has ${LONGEST_HOSTNAME}`;
  }
  return null;
}
