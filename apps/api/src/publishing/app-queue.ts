import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import type { PublishingTiming } from './publishing-options.js';

/** So many apps are worked on at a time. */
const PARALLEL = 8;

interface Failure {
  /** In a row. */
  count: number;
  /** While the next attempt waits. */
  timer: NodeJS.Timeout | null;
}

type Backoff = Pick<PublishingTiming, 'first_backoff' | 'longest_backoff'>;

/**
 * Works on apps, each by one at a time, and again after a failure: with full jitter, so that what failed together
 * doesn't come back together.
 */
export class AppQueue {
  private readonly urgent = new Set<string>();
  private readonly routine = new Set<string>();
  private readonly running = new Map<string, Promise<void>>();
  private readonly failures = new Map<string, Failure>();
  private finishing = false;
  private stopped = false;

  /** @param work is told whether the app was nudged, and resolves to whether it succeeded; mustn't reject */
  constructor(
    private readonly work: (appName: string, nudged: boolean) => Promise<boolean>,
    private readonly backoff: Backoff,
    private readonly clock: Clock,
  ) {}

  /** Apps that wait, fail or are worked on. */
  get size(): number {
    return this.urgent.size + this.routine.size + this.running.size + this.failures.size;
  }

  /** Those of them that are not known to fail. */
  get undecided(): number {
    const waiting = [...this.urgent, ...this.routine, ...this.running.keys()];
    return waiting.filter((appName) => !this.failures.has(appName)).length;
  }

  /** Works on an app before the others, and once more when it is being worked on. Cuts the wait of a failed one short. */
  nudge(appName: string): void {
    this.routine.delete(appName);
    this.urgent.add(appName);
    this.fill();
  }

  /** Works on an app, unless that is going to happen anyhow. */
  add(appName: string): void {
    if (this.finishing) return;
    if (this.urgent.has(appName) || this.running.has(appName) || this.failures.has(appName)) return;
    this.routine.add(appName);
    this.fill();
  }

  /** Works on nothing but what was nudged, once and without another try. Resolves when that has ended. */
  async finish(): Promise<void> {
    this.finishing = true;
    for (const { timer } of this.failures.values()) clearTimeout(timer ?? undefined);
    for (const waiting of [this.routine, this.failures]) waiting.clear();
    // Who ends makes place for the next.
    while (this.running.size > 0) await Promise.all(this.running.values());
  }

  /** Begins nothing more. Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.urgent.clear();
    await this.finish();
  }

  private fill(): void {
    while (!this.stopped && this.running.size < PARALLEL) {
      const nudged = this.take(this.urgent);
      const next = nudged ?? this.take(this.routine);
      if (next === undefined) return;
      this.running.set(next, this.run(next, nudged !== undefined));
    }
  }

  private take(waiting: Set<string>): string | undefined {
    for (const appName of waiting) {
      if (this.running.has(appName)) continue;
      waiting.delete(appName);
      return appName;
    }
    return undefined;
  }

  private async run(appName: string, nudged: boolean): Promise<void> {
    clearTimeout(this.failures.get(appName)?.timer ?? undefined);
    // The request that asked for it is answered first.
    await setImmediate();
    const succeeded = await this.work(appName, nudged);
    this.running.delete(appName);
    if (this.stopped) return;
    if (succeeded) this.failures.delete(appName);
    else if (!this.finishing) this.retryLater(appName);
    this.fill();
  }

  private retryLater(appName: string): void {
    const count = (this.failures.get(appName)?.count ?? 0) + 1;
    const { first_backoff, longest_backoff } = this.backoff;
    const longest = Math.min(longest_backoff, first_backoff * 2 ** (count - 1));
    const timer = setTimeout(() => {
      this.failures.set(appName, { count, timer: null });
      if (!this.urgent.has(appName)) this.routine.add(appName);
      this.fill();
    }, longest * this.clock.random());
    this.failures.set(appName, { count, timer });
  }
}
