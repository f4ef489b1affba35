import { type AppSpec, HIGHEST_PORT, replicaPorts } from '@nebula/contracts';
import type { PlanProblem } from './step.js';

/**
 * What keeps the spec from running on this server because of its number of replicas, which only the server
 * knows. At most one problem of each kind, the first.
 */
export function nodeProblems(spec: AppSpec, replicas: number): PlanProblem[] {
  const owners = new Map<number, number>();
  let tooHigh: string | null = null;
  let collision: string | null = null;
  for (let replica = 1; replica <= replicas; replica += 1) {
    for (const { host_port } of replicaPorts(spec, replica)) {
      if (host_port > HIGHEST_PORT) {
        tooHigh ??= `starting_ports: replica ${replica} of ${replicas} would need host port ${host_port}; the highest is ${HIGHEST_PORT}`;
      }
      const owner = owners.get(host_port);
      if (owner !== undefined) {
        collision ??= `starting_ports: replicas ${owner} and ${replica} of ${replicas} would both need host port ${host_port}; leave more room between the ports or run fewer replicas`;
      }
      owners.set(host_port, replica);
    }
  }
  return [tooHigh, collision]
    .filter((message) => message !== null)
    .map((message) => ({ step: 'plan', message, retry_at: null }));
}
