/**
 * npm run bench: one machine against the raw Docker API and the bare store.
 */
import { readBenchArguments } from './arguments.mjs';
import { benchHelp } from './help.mjs';
import { runBenchmark } from './running/run-benchmark.mjs';

/** @import { PartName, Settings } from './arguments.mjs' */
/** @import { Bench, Engine, PartResult, Surroundings } from './running/bench.mjs' */

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
export async function runBench(argv) {
  return await runBenchmark(argv, {
    read: readBenchArguments,
    help: benchHelp,
    prepare: withEngine,
    part: partNamed,
  });
}

/**
 * @param {Surroundings} common
 * @returns {Promise<{ more: Engine, machine: object }>}
 */
async function withEngine({ cleanUp, say }) {
  const { testEngine } = await import('../test/test-engine.mjs');
  const { dockerAt } = await import('../start/docker-client.mjs');
  const { engineFacts, machineFacts } = await import('./report/machine.mjs');
  const engine = await testEngine(say);
  cleanUp.add('Docker Engine', engine.stop);
  const docker = dockerAt(engine.host);
  return {
    more: { docker, dockerHost: engine.host },
    machine: { ...machineFacts(), ...(await engineFacts(docker)) },
  };
}

/**
 * @param {PartName} name
 * @returns {Promise<(bench: Bench) => Promise<PartResult>>}
 */
async function partNamed(name) {
  switch (name) {
    case 'containers':
      return (await import('./containers/containers-part.mjs')).measureContainers;
    case 'rolling':
      return (await import('./rolling/rolling-part.mjs')).measureRolling;
    case 'load-balancer':
      return (await import('./load-balancer/load-balancer-part.mjs')).measureLoadBalancer;
    case 'start':
      return (await import('./worker-start/worker-start-part.mjs')).measureWorkerStart;
    case 'api':
      return (await import('./api/api-part.mjs')).measureApi;
    case 'status':
      return (await import('./status/status-part.mjs')).measureStatus;
    case 'cli':
      return (await import('./cli/cli-part.mjs')).measureCli;
    case 'idle':
      return (await import('./idle/idle-part.mjs')).measureIdle;
  }
}
