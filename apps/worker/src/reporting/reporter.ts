import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { FieldProblem } from '@nebula/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { EngineFactsCache } from '../agent/engine-facts-cache.js';
import { Clock } from '../clock.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import {
  type AppNotes,
  type AppSnapshot,
  buildReport,
  type ReportBody,
  refusalError,
} from './build-report.js';
import type { KnownError } from './last-error.js';

/** A change is sent after this time, milliseconds, and what changes meanwhile goes with it. */
const SHORTEST_DELAY = 20;
/** Up to so much longer, milliseconds, so that a fleet that got one change doesn't answer in one moment. */
const JITTER = 80;

interface Entry extends AppNotes {
  snapshot: AppSnapshot | null;
  sent: ReportBody | null;
  timer: NodeJS.Timeout | null;
}

/** Sends what is known of each app when it has changed, as full snapshots. */
@Injectable()
export class Reporter {
  private readonly bootNonce = randomUUID();
  private readonly entries = new Map<string, Entry>();
  private sequence = 0;
  private closed = false;
  private workerId: string | null;

  constructor(
    @Inject(WORKER_OPTIONS)
    private readonly options: Pick<WorkerOptions, 'reports' | 'worker_id' | 'version'>,
    private readonly engine: EngineFactsCache,
    private readonly clock: Clock,
  ) {
    this.workerId = options.worker_id ?? null;
  }

  /** Tells how an app is. */
  snapshot(appName: string, snapshot: AppSnapshot): void {
    this.change(appName, { snapshot });
  }

  /** Tells that the feed's newest message of an app is not acted on. */
  refused(appName: string, problems: readonly FieldProblem[]): void {
    this.change(appName, { refusal: refusalError(problems, this.clock.now()) });
  }

  /** Takes `refused` back: a good message came after it. */
  accepted(appName: string): void {
    if (this.entries.has(appName)) this.change(appName, { refusal: null });
  }

  /** Tells that an app's desired state isn't safe on disk; null when it is again. */
  copy(appName: string, copy: KnownError | null): void {
    if (copy || this.entries.has(appName)) this.change(appName, { copy });
  }

  /** Looks again at everything: facts are known at last, or have changed. */
  again(): void {
    for (const appName of this.entries.keys()) this.change(appName, {});
  }

  /** Sends what waits, then forgets an app that is no longer this worker's. */
  forget(appName: string): void {
    this.send(appName);
    this.entries.delete(appName);
  }

  /** Sends everything that waits, and nothing after it. */
  close(): void {
    for (const appName of this.entries.keys()) this.send(appName);
    this.closed = true;
  }

  private change(appName: string, part: Partial<Entry>): void {
    const entry = this.entries.get(appName) ?? {
      ...{ snapshot: null, refusal: null, copy: null },
      ...{ sent: null, timer: null },
    };
    this.entries.set(appName, Object.assign(entry, part));
    if (this.closed) return;
    const delay = SHORTEST_DELAY + this.clock.random() * JITTER;
    entry.timer ??= setTimeout(() => this.send(appName), delay);
  }

  private send(appName: string): void {
    const entry = this.entries.get(appName);
    if (!entry?.timer) return;
    clearTimeout(entry.timer);
    entry.timer = null;
    const facts = this.engine.latest;
    // With no desired state and nothing to complain about there is nothing to tell; facts come with the engine.
    if (!facts || !(entry.snapshot || entry.refusal)) return;
    const { hostname, engine_version, architecture, cores, memory_bytes } = facts;
    const worker_version = this.options.version;
    const worker = { hostname, engine_version, architecture, cores, memory_bytes, worker_version };
    this.workerId ??= facts.engine_id;
    const body = buildReport(this.workerId, worker, appName, entry.snapshot, entry);
    if (isDeepStrictEqual(body, entry.sent)) return;
    entry.sent = body;
    this.sequence += 1;
    this.options.reports.publish({ ...body, boot_nonce: this.bootNonce, sequence: this.sequence });
  }
}
