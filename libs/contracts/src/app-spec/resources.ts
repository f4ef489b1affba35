import type { Size } from './size.js';

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
