import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { ClockJumps } from '../clock-jumps.js';
import { Clock } from '../clock.js';
import type { Silence } from '../store/fleet-records.js';

/** The clock is looked at so often, milliseconds. */
const TICK_MS = 10_000;

/** When so much more time than that has passed, milliseconds, the process stood still. */
const STANDSTILL_MS = 10_000;

/**
 * For how long this api hears every worker. Silence of a worker counts only as long: an api that was away, had lost
 * its broker or its store, or slept, knows nothing of workers that spoke meanwhile.
 */
@Injectable()
export class Listening implements OnApplicationBootstrap, OnApplicationShutdown {
  /** When something was last missed of which the transport doesn't know, by the clock that never jumps. */
  private gapAt = Number.NEGATIVE_INFINITY;
  /** As it was when every worker could last be heard. */
  private heard: Silence | null = null;
  /** By the clock that never jumps. */
  private tickAt: number;
  private readonly jumps: ClockJumps;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'reports'>,
    private readonly clock: Clock,
  ) {
    this.tickAt = clock.elapsed();
    this.jumps = new ClockJumps(clock);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** Messages of workers were lost just now. */
  missed(): void {
    this.gapAt = this.clock.elapsed();
    this.heard = null;
  }

  /**
   * What silence of a worker is measured by. While workers can't be heard it stands still: who was silent then is so until
   * it says something, and nobody gets silent.
   */
  silence(): Silence {
    this.tick();
    const now = this.clock.now();
    const listened = this.options.reports?.listenedMs() ?? null;
    if (listened === null) return this.heard ?? { now, listened_ms: 0 };
    this.heard = { now, listened_ms: Math.min(listened, this.clock.elapsed() - this.gapAt) };
    return this.heard;
  }

  private tick(): void {
    const elapsed = this.clock.elapsed();
    const stoodStill = elapsed - this.tickAt > TICK_MS + STANDSTILL_MS;
    this.tickAt = elapsed;
    if (this.jumps.look() || stoodStill) this.missed();
  }
}
