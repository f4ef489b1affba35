import { isDeepStrictEqual } from 'node:util';
import type { AppBrief, FieldProblem } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import type { ObservedContainer } from '../reconcile/observed.js';
import { type AppNotes, type AppSnapshot, buildReport, refusalError } from './build-report.js';
import { dueReports, type SentReport } from './due-reports.js';
import type { ReportBody } from './fitting-report.js';
import { type AppBriefs, Heartbeats } from './heartbeats.js';
import type { KnownError } from './last-error.js';
import { ReportSender } from './report-sender.js';

/** A change is sent after this time, milliseconds, and what changes meanwhile goes with it. */
const SHORTEST_DELAY = 20;
/** Up to so much longer, milliseconds, so that a fleet that got one change doesn't answer in one moment. */
const JITTER = 80;

interface Entry extends AppNotes, SentReport {
  snapshot: AppSnapshot | null;
  timer: NodeJS.Timeout | null;
}

/** Sends what is known of each app when it has changed, as full snapshots, and heartbeats beside it. */
@Injectable()
export class Reporter implements AppBriefs {
  private readonly entries = new Map<string, Entry>();
  private closed = false;

  constructor(
    private readonly sender: ReportSender,
    private readonly heartbeats: Heartbeats,
    private readonly clock: Clock,
  ) {}

  start(): void {
    this.heartbeats.start(this);
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

  /** Tells how far a pull for an app is; null when there is none that takes long. */
  progress(appName: string, progress: string | null): void {
    const entry = this.entries.get(appName);
    if (entry && entry.progress !== progress) this.change(appName, { progress });
  }

  /** Looks again at everything: facts are known at last, or have changed. */
  again(): void {
    for (const appName of this.entries.keys()) this.change(appName, {});
    this.heartbeats.changed();
  }

  /** Sends what waits, then forgets an app that is no longer this worker's. */
  forget(appName: string): void {
    this.send(appName);
    this.entries.delete(appName);
    this.heartbeats.repeat();
  }

  /** Sends everything that waits, and nothing after it. */
  close(): void {
    for (const appName of this.entries.keys()) this.send(appName);
    this.closed = true;
    this.heartbeats.stop();
  }

  briefs(): ReadonlyMap<string, AppBrief> {
    const briefs = new Map<string, AppBrief>();
    for (const [app_name, { snapshot, refusal }] of this.entries) {
      if (!snapshot && !refusal) continue;
      const { epoch = 0, revision = 0, deleted = false, state = 'failed' } = snapshot ?? {};
      briefs.set(app_name, { app_name, epoch, revision, deleted, state: refusal ? 'failed' : state });
    }
    return briefs;
  }

  /** The containers of all apps, as they were at the last look. */
  containers(): ObservedContainer[] {
    return [...this.entries.values()].flatMap(({ snapshot }) => snapshot?.containers ?? []);
  }

  beaten(interval: number): void {
    // Of an app that has changed a newer report is about to go, before which an older one would be taken for the newest.
    const settled = [...this.entries.values()].filter(({ timer }) => timer === null);
    for (const entry of dueReports(settled, this.clock.now(), interval)) {
      entry.repeats += 1;
      this.transmit(entry, entry.sent);
    }
  }

  private change(appName: string, part: Partial<Entry>): void {
    const entry = this.entries.get(appName) ?? {
      ...{ snapshot: null, refusal: null, copy: null, progress: null },
      ...{ sent: null, sentAt: 0, repeats: 0, timer: null },
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
    const identity = this.sender.identity();
    // With no desired state and nothing to complain about there is nothing to tell; facts come with the engine.
    if (!identity || !(entry.snapshot || entry.refusal)) return;
    const body = buildReport(identity.worker_id, identity.worker, appName, entry.snapshot, entry);
    if (isDeepStrictEqual(body, entry.sent)) return;
    entry.repeats = 0;
    this.transmit(entry, body);
    this.heartbeats.changed();
  }

  private transmit(entry: Entry, body: ReportBody | null): void {
    if (!body) return;
    entry.sent = body;
    entry.sentAt = this.clock.now();
    this.sender.send(body);
  }
}
