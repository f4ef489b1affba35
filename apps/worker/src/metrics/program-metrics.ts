import { addProcessMetrics, expose, Gauge, Registry } from '@nebula/metrics';
import { type HealthCheck, resultsOf } from '../health/health-checks.js';
import type { WorkerMetrics } from './worker-metrics.js';

/** What a worker that is a program of its own gives to Prometheus: its work, its process, and what it lacks. */
export function programMetrics(
  { registry }: WorkerMetrics,
  version: string,
  checks: readonly HealthCheck[],
): () => Promise<string> {
  const program = new Registry();
  addProcessMetrics(program, { name: 'worker', version });
  new Gauge({
    name: 'nebula_worker_ready',
    help: '1 while this is there, as /readyz tells it, else 0. rabbitmq is what brings desired states.',
    labelNames: ['check'],
    registers: [program],
    async collect() {
      for (const { name, problem } of await resultsOf(checks))
        this.set({ check: name }, problem === null ? 1 : 0);
    },
  });
  return () => expose(program, registry);
}
