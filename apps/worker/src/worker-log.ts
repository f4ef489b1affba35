import { Inject, Injectable } from '@nestjs/common';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.js';

/** What a line is about, beside its text. Never an environment value. */
export type LogFields = Record<string, unknown>;

/** The worker's log: a sentence and fields, of which one always says which worker it is. */
@Injectable()
export class WorkerLog {
  /** The worker's id, once it is known. */
  worker: string | null;

  constructor(@Inject(WORKER_OPTIONS) private readonly options: Pick<WorkerOptions, 'logger' | 'worker_id'>) {
    this.worker = options.worker_id ?? null;
  }

  info(message: string, fields: LogFields = {}): void {
    this.options.logger.log(message, this.with(fields), 'worker');
  }

  warn(message: string, fields: LogFields = {}): void {
    this.options.logger.warn(message, this.with(fields), 'worker');
  }

  error(message: string, fields: LogFields = {}): void {
    this.options.logger.error(message, this.with(fields), 'worker');
  }

  debug(message: string, fields: LogFields = {}): void {
    this.options.logger.debug?.(message, this.with(fields), 'worker');
  }

  private with(fields: LogFields): LogFields {
    return this.worker === null ? fields : { worker: this.worker, ...fields };
  }
}

/** What an error says, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
