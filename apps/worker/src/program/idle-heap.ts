import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often it is looked. Long enough that a worker that is quiet for so long has nothing under way. Milliseconds. */
const EVERY_MS = 15_000;

/** What the event loop may have been busy since the last look, as a share, so that the worker counts as idle. */
const IDLE_SHARE = 0.05;

/** So much more than was left by the last collection is worth another one, bytes. */
const WORTH_BYTES = 1_000_000;

/** The same as a share of what was left: a collection takes the longer the larger the heap is. */
const WORTH_SHARE = 1 / 8;

export interface Heap {
  /** Bytes that objects take, those that nobody needs any more with them. */
  used(): number;
  /** Share of the time since the last call in which the event loop did something, 0 to 1. */
  busy(): number;
  /** Removes what nobody needs any more. */
  collect(): void;
}

/**
 * Removes from the heap of an idle worker what its last work has left. V8 by itself does that when it needs room, or when
 * a heap has grown by 10 MB since it was last reduced. A worker whose containers are right needs no room for hours, and
 * would keep for so long some megabytes that the apps beside it can use.
 */
export class IdleHeap {
  private left = 0;

  constructor(private readonly heap: Heap) {}

  look(): void {
    if (this.heap.busy() > IDLE_SHARE || this.heap.used() < this.left + this.worth) return;
    this.heap.collect();
    this.left = this.heap.used();
  }

  private get worth(): number {
    return Math.max(WORTH_BYTES, this.left * WORTH_SHARE);
  }
}

/** Looks again and again; it keeps no process alive. */
export function keepIdleHeapSmall(): void {
  const idle = new IdleHeap(nodeHeap());
  setInterval(() => idle.look(), EVERY_MS).unref();
}

/** That of this process. */
export function nodeHeap(): Heap {
  let before = performance.eventLoopUtilization();
  return {
    used: () => getHeapStatistics().used_heap_size,
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
    collect,
  };
}

/** The second call packs what is left and returns the memory; Node 20 takes any argument for a wish for less than all. */
const COLLECT = "gc(); gc({ type: 'major', flavor: 'last-resort' });";

/**
 * A full collection, of some 40 ms. Only a context that is made after the flag has the function, and Node's own was made
 * before.
 */
function collect(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext(COLLECT);
  setFlagsFromString('--no-expose-gc');
}
