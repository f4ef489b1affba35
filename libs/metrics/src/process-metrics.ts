import { readdirSync } from 'node:fs';
import { Counter, Gauge, type Registry } from 'prom-client';

export interface Program {
  /** Like `api` or `worker`. */
  name: string;
  version: string;
}

/** A link for each open file descriptor of this process; Linux alone has it. */
const DESCRIPTORS = '/proc/self/fd';

/** What is looked at, each under the name that Prometheus' own libraries use. Null where this system doesn't say. */
const GAUGES: readonly { name: string; help: string; read: () => number | null }[] = [
  {
    name: 'process_start_time_seconds',
    help: 'When the process started, seconds since 1970.',
    read: () => Math.round(Date.now() / 1_000 - process.uptime()),
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory, bytes.',
    read: () => process.memoryUsage.rss(),
  },
  { name: 'process_open_fds', help: 'Open file descriptors.', read: openDescriptors },
  {
    name: 'nodejs_heap_size_used_bytes',
    help: 'Heap of V8 that is in use, bytes.',
    read: () => process.memoryUsage().heapUsed,
  },
  {
    name: 'nodejs_heap_size_total_bytes',
    help: 'Heap of V8, bytes.',
    read: () => process.memoryUsage().heapTotal,
  },
];

/**
 * Adds what a process is known by. It is looked at when somebody asks and costs nothing else: the set of prom-client
 * watches the event loop with a timer of 10 ms, which would wake a program that waits for most of its life.
 */
export function addProcessMetrics(registry: Registry, { name: program, version }: Program): void {
  const registers = [registry];
  for (const { name, help, read } of GAUGES) {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        const value = read();
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  }
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time in user and system mode since the start, seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'nebula_build_info',
    help: 'Always 1. The labels say which program this is, of which version, on which Node.',
    labelNames: ['program', 'version', 'node'],
    registers,
  }).set({ program, version, node: process.version }, 1);
}

function openDescriptors(): number | null {
  try {
    // Looking opens one more.
    return readdirSync(DESCRIPTORS).length - 1;
  } catch {
    return null;
  }
}
