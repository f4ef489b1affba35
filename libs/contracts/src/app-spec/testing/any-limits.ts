import fc from 'fast-check';
import type { Resources } from '../resources.js';
import { sizeBytes } from '../size.js';
import type { Surroundings } from './surroundings.js';

const MIB = 1024 ** 2;
const ULIMITS =
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

const limit = fc.oneof(fc.constantFrom(-1, 0, 1024, Number.MAX_SAFE_INTEGER), fc.nat());
const ulimit = fc.oneof(
  limit,
  fc.tuple(limit, limit).map(([one, other]) => {
    const [soft, hard] = height(one) <= height(other) ? [one, other] : [other, one];
    return { soft, hard };
  }),
);

function height(value: number): number {
  return value === -1 ? Number.POSITIVE_INFINITY : value;
}

const amount = fc.oneof(
  fc.constantFrom<number | string>('6m', '64m', '1.5g', '10 MiB', '9Gb', 6 * MIB, 100_000_001),
  fc.integer({ min: 6 * MIB, max: 2 ** 40 }),
);

type Memory = Pick<Resources, 'memory' | 'memory_reservation' | 'memory_swap'>;

/** The three limits of memory in the order that the engine insists on, some of them or none. */
const memory: fc.Arbitrary<Memory> = fc
  .tuple(
    fc.tuple(amount, amount, amount),
    fc.subarray(['memory_reservation', 'memory_swap'] as const),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([amounts, beside, isLimited, isUnlimited]) => {
    const [least = 0, middle = 0, most = 0] = amounts.toSorted((a, b) => sizeBytes(a) - sizeBytes(b));
    const reservation = beside.includes('memory_reservation') ? { memory_reservation: least } : {};
    if (!isLimited) return reservation;
    const swap = beside.includes('memory_swap') ? { memory_swap: isUnlimited ? -1 : most } : {};
    return { memory: middle, ...reservation, ...swap };
  });

/** What fits a server of so many processors. */
export function anyLimits({ cores }: Surroundings) {
  const others: fc.Arbitrary<Resources> = fc.record(
    {
      cpus: fc.oneof(
        fc.constantFrom(0.01, cores, cores + 1),
        fc.double({ min: 0.01, max: cores, noNaN: true }),
      ),
      cpu_shares: fc.oneof(fc.constantFrom(2, 262_144), fc.integer({ min: 2, max: 262_144 })),
      cpuset: fc.constantFrom('0', `0-${cores - 1}`, '0,0-0'),
      pids: fc.oneof(fc.constantFrom(-1, 1, 4_194_304), fc.integer({ min: 1, max: 4_194_304 })),
      oom_score: fc.integer({ min: -1_000, max: 1_000 }),
    },
    { requiredKeys: [] },
  );
  return {
    resources: fc.tuple(others, memory).map(([some, more]): Resources => ({ ...some, ...more })),
    shm_size: fc.oneof(
      fc.constantFrom<number | string>(1, '1b', '64m', '3 TiB'),
      fc.integer({ min: 1, max: 2 ** 50 }),
    ),
    ulimits: fc.dictionary(fc.constantFrom(...ULIMITS), ulimit, { maxKeys: 3 }),
    sysctls: fc
      .subarray(SYSCTLS, { maxLength: 2 })
      .map((entries) => Object.fromEntries(entries) as Record<string, string>),
  };
}

const SYSCTLS: [name: string, value: string][] = [
  ['net.core.somaxconn', '1024'],
  ['net.ipv4.ip_local_port_range', '30000 31000'],
  ['net.nowhere', 'x'],
  ['kernel.shmmax', '68719476736'],
  ['kernel.sem', '1 2 3 4'],
  ['kernel.domainname', 'ä b'],
  ['fs.mqueue.msg_max', '10'],
];
