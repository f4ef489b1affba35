import { isDeepStrictEqual } from 'node:util';
import { type AppBrief, REPORT_SCHEMA, type WorkerFacts } from '@nebula/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import { ReportSender } from './report-sender.js';

/** Seconds between two heartbeats when nothing else is asked for. */
const DEFAULT_INTERVAL = 60;

/** A change of facts or of the list of apps is told after this time, milliseconds, and up to as much again later. */
const CHANGE_DELAY = 100;

/** Who knows how the apps of this worker are. */
export interface AppBriefs {
  /** Of each app that there is something to tell of, by name. */
  briefs(): ReadonlyMap<string, AppBrief>;
  /** A heartbeat was sent, `interval` milliseconds before the next one. */
  beaten(interval: number): void;
}

interface Told {
  worker: WorkerFacts;
  apps: string[];
}

/**
 * Tells at an interval that the worker lives, on what, and which apps it runs; at once when that has changed.
 * Nothing waits for it, and without a broker it goes on all the same.
 */
@Injectable()
export class Heartbeats {
  private readonly interval: number;
  private timer: NodeJS.Timeout | null = null;
  private soon: NodeJS.Timeout | null = null;
  private told: Told | null = null;
  private source: AppBriefs | null = null;

  constructor(
    @Inject(WORKER_OPTIONS)
    private readonly options: Pick<WorkerOptions, 'report_interval_seconds' | 'selection'>,
    private readonly sender: ReportSender,
    private readonly clock: Clock,
  ) {
    this.interval = options.report_interval_seconds ?? DEFAULT_INTERVAL;
  }

  start(source: AppBriefs): void {
    this.source = source;
    this.schedule();
    this.changed();
  }

  /** Something may be different from what was told: looks soon, and tells what is. */
  changed(): void {
    if (!this.source) return;
    this.soon ??= setTimeout(
      () => {
        this.soon = null;
        if (!isDeepStrictEqual(this.told, this.news())) this.beat();
      },
      CHANGE_DELAY * (1 + this.clock.random()),
    );
  }

  /** Tells soon, though nothing may be different: an app was spoken of that is none of this worker's any more. */
  repeat(): void {
    this.told = null;
    this.changed();
  }

  stop(): void {
    this.source = null;
    if (this.timer) clearTimeout(this.timer);
    if (this.soon) clearTimeout(this.soon);
  }

  /** Between nine and eleven tenths of the interval, so that a fleet that started at once spreads out. */
  private schedule(): void {
    const delay = this.interval * 1_000 * (0.9 + this.clock.random() / 5);
    this.timer = setTimeout(() => {
      this.beat();
      this.schedule();
    }, delay);
  }

  private beat(): void {
    const identity = this.sender.identity();
    // It is told of only as somebody: see `ReportSender.identity` for when there is nobody.
    if (!identity || !this.source) return;
    const apps = this.apps();
    this.told = this.news();
    const head = { schema: REPORT_SCHEMA, kind: 'heartbeat', ...identity } as const;
    this.sender.send({ ...head, apps, interval_seconds: this.interval });
    this.source.beaten(this.interval * 1_000);
  }

  private news(): Told | null {
    const identity = this.sender.identity();
    return identity && { worker: identity.worker, apps: this.apps().map(({ app_name }) => app_name) };
  }

  /**
   * Apps that were listed for this worker are told of whatever is known of them; without a list, those of which
   * something is there.
   */
  private apps(): AppBrief[] {
    const briefs = this.source?.briefs() ?? new Map<string, AppBrief>();
    const { selection } = this.options;
    if (selection.kind === 'listed') return selection.apps.map((app) => briefs.get(app) ?? unknown(app));
    return [...briefs.values()].filter(({ deleted, state }) => !(deleted && state === 'converged'));
  }
}

function unknown(app_name: string): AppBrief {
  return { app_name, epoch: 0, revision: 0, deleted: false, state: 'converging' };
}
