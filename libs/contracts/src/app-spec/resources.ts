import { objectOf } from '../parsing/collections.js';
import { number, ruleOf, text } from '../parsing/kind.js';
import type { Flaw } from '../parsing/rule.js';
import { bytesOf, size, type Size } from './size.js';

/** What a container may use of its server. A member that is absent sets no limit. */
export interface Resources {
  /** Processors, like 1.5. */
  cpus?: number;
  /** Weight against other containers when processors are short, 2 to 262144; Docker's default is 1024. */
  cpu_shares?: number;
  /** Processors by number, like `"0-2,4"`. */
  cpuset?: string;
  /** Most memory; more is out of memory. */
  memory?: Size;
  /** Memory that is left to it when the server is short. */
  memory_reservation?: Size;
  /** Memory and swap together; -1 for unlimited swap. */
  memory_swap?: Size;
  /** Most processes and threads; -1 for no limit. */
  pids?: number;
  /** -1000 to 1000: how soon the kernel ends it when memory is short (`oom_score_adj`). */
  oom_score?: number;
}

/** Least memory that the engine takes. */
const LEAST_MEMORY = '6m';
/** Most processors that a Linux kernel can be built for. */
const MOST_CPUS = 8_192;
/** Most processes that a Linux kernel can have. */
const MOST_PIDS = 4_194_304;

const cpuset = text({
  allowed: 'numbers of processors and ranges of them with commas, like "0-2,4"',
  pattern: /^[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*$/,
  flaw: (value) => {
    for (const part of value.split(',')) {
      const [first = 0, last = first] = part.split('-').map(Number);
      if (first > last) return `"${part}" begins after its end`;
      if (last >= MOST_CPUS) return `the highest number is ${MOST_CPUS - 1}`;
    }
    return null;
  },
  examples: ['0-2,4'],
});

export const resources = ruleOf(
  'resources',
  objectOf(
    {
      cpus: number({ min: 0.01, max: MOST_CPUS, whole: false, of: 'processors' }),
      cpu_shares: number({ min: 2, max: 262_144 }),
      cpuset,
      memory: size({ min: LEAST_MEMORY }),
      memory_reservation: size({ min: LEAST_MEMORY }),
      memory_swap: size({ min: LEAST_MEMORY, unlimited: 'unlimited swap' }),
      pids: number({ min: 1, max: MOST_PIDS, of: 'processes', also: { value: -1, meaning: 'no limit' } }),
      oom_score: number({ min: -1_000, max: 1_000 }),
    },
    {
      allowed: 'an object of limits, like {"cpus": 1.5, "memory": "512m"}',
      together: memoryFlaws,
      examples: [{ cpus: 1.5, memory: '512m' }],
    },
  ),
);

/** The engine's rules about the three limits of memory. */
function* memoryFlaws(value: Readonly<Record<string, unknown>>): Generator<Flaw> {
  const memory = bytesOf(value['memory']);
  const swap = bytesOf(value['memory_swap']);
  const reservation = bytesOf(value['memory_reservation']);
  if (swap !== null && memory === null) {
    yield { at: ['memory_swap'], message: 'must stand beside memory, since it is memory and swap together' };
  }
  if (memory === null) return;
  if (swap !== null && swap < memory) {
    const message = `must be at least memory, since it is both together: ${swap} bytes is less than ${memory}`;
    yield { at: ['memory_swap'], message };
  }
  if (reservation !== null && reservation > memory) {
    const message = `must be at most memory: ${reservation} bytes is more than ${memory}`;
    yield { at: ['memory_reservation'], message };
  }
}
