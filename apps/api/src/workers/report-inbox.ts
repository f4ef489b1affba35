import {
  type FieldProblem,
  MAX_REPORT_BYTES,
  mayReport,
  parseWorkerMessage,
  type WorkerMessage,
} from '@nebula/contracts';
import type { ReceivedReport } from '@nebula/messaging';
import { Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import { ApiMetrics } from '../metrics/api-metrics.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { AheadWatch } from './ahead-watch.js';
import { Batches } from './batches.js';
import { FleetWriter } from './fleet-writer.js';
import { Listening } from './listening.js';
import { ReportsPause } from './reports-pause.js';

/** Between two log lines about messages of one kind, milliseconds: a broken worker must not fill the log. */
const LOG_INTERVAL_MS = 60_000;

/** Most problems of one message in the log. */
const LOGGED_PROBLEMS = 5;

const LIMITS = { wait_ms: 25, size: 500, waiting: 10_000 };

/**
 * Takes what workers say, and writes it in batches. Never throws: a message that is lost costs freshness alone,
 * and a newer one is on its way. While the store is away nothing is taken.
 */
@Injectable()
export class ReportInbox {
  /** Messages that were none, since the start. */
  invalid = 0;
  /** Messages that were sent by the user of another worker, since the start. */
  forged = 0;
  /** Messages that were not written though the store is there, since the start. */
  lost = 0;
  private readonly loggedAt = new Map<string, number>();
  /** The last worker whose message could not be written, unless something of anybody was written after it. */
  private unwritten: string | null = null;
  private readonly batches = new Batches<WorkerMessage>(LIMITS, (messages) => this.write(messages));

  constructor(
    private readonly writer: FleetWriter,
    private readonly ahead: AheadWatch,
    private readonly listening: Listening,
    private readonly pause: ReportsPause,
    private readonly clock: Clock,
    private readonly log: ApiLog,
    private readonly metrics: ApiMetrics,
  ) {}

  /** Resolves when the message was dealt with, for better or worse. */
  async receive({ payload, user_id, excessive_bytes }: ReceivedReport): Promise<void> {
    if (excessive_bytes !== undefined) return this.refuse([tooLong(excessive_bytes)]);
    const message = this.parsed(payload);
    if (!message) return;
    if (!mayReport(user_id, message.worker_id)) {
      this.forged += 1;
      this.metrics.reports.arrived('forged');
      const { worker_id } = message;
      if (this.mayLog('forged'))
        this.log.warn('a worker reported as another', { user_id, worker_id, so_far: this.forged });
      return;
    }
    if (await this.batches.add(message)) return;
    this.listening.missed();
    this.lose(new Error('too many messages of workers wait'));
  }

  /** Null when it is none. What nobody has thought of mustn't cost the messages that came with it. */
  private parsed(payload: unknown): WorkerMessage | null {
    try {
      const parsed = parseWorkerMessage(payload);
      if (parsed.ok) return parsed.value;
      this.refuse(parsed.problems);
    } catch (error) {
      this.refuse([{ pointer: '', message: 'can not be looked into' }], error);
    }
    return null;
  }

  private async write(messages: readonly WorkerMessage[]): Promise<void> {
    try {
      await this.writer.write(messages);
      this.pause.succeeded();
      this.unwritten = null;
      this.ahead.look(messages);
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.pause.begin();
      else await this.narrow(messages, error);
    }
  }

  /**
   * What can't be written for what it is must cost nothing but itself, so each half is tried for itself. That what was
   * written already is written again changes nothing.
   */
  private async narrow(messages: readonly WorkerMessage[], error: unknown): Promise<void> {
    const [only] = messages;
    if (only && messages.length === 1) return this.giveUp(only, error);
    const half = messages.length >> 1;
    await this.write(messages.slice(0, half));
    await this.write(messages.slice(half));
  }

  /** When nothing of several workers can be written, it is not they who are silent. */
  private giveUp({ worker_id }: WorkerMessage, error: unknown): void {
    if (this.unwritten !== null && this.unwritten !== worker_id) this.listening.missed();
    this.unwritten = worker_id;
    this.lose(error);
  }

  private lose(error: unknown): void {
    this.lost += 1;
    this.metrics.reports.arrived('lost');
    if (this.mayLog('lost')) this.log.warn('reports of workers are lost', { so_far: this.lost }, error);
  }

  private refuse(problems: readonly FieldProblem[], error?: unknown): void {
    this.invalid += 1;
    this.metrics.reports.arrived('invalid');
    if (!this.mayLog('invalid')) return;
    const shown = problems
      .slice(0, LOGGED_PROBLEMS)
      .map(({ pointer, message }) => `${pointer || 'the message'} ${message}`);
    this.log.warn('a report of a worker is not valid', { problems: shown, so_far: this.invalid }, error);
  }

  private mayLog(kind: string): boolean {
    const now = this.clock.now();
    const last = this.loggedAt.get(kind);
    if (last !== undefined && now - last < LOG_INTERVAL_MS) return false;
    this.loggedAt.set(kind, now);
    return true;
  }
}

function tooLong(bytes: number): FieldProblem {
  return {
    pointer: '',
    value: bytes,
    message: `must have at most ${MAX_REPORT_BYTES} bytes, not ${bytes}`,
  };
}
