import { Inject, Injectable } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from './api-options.js';

/** What a line is about, beside its text. Never an environment value. */
export type LogFields = Record<string, unknown>;

/** The api's log: a sentence, fields, and the error that is the reason. */
@Injectable()
export class ApiLog {
  constructor(@Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'logger'>) {}

  info(message: string, fields: LogFields = {}): void {
    this.options.logger.log(message, fields, 'api');
  }

  warn(message: string, fields: LogFields = {}, error?: unknown): void {
    this.options.logger.warn(message, fields, ...reason(error), 'api');
  }

  error(message: string, fields: LogFields = {}, error?: unknown): void {
    this.options.logger.error(message, fields, ...reason(error), 'api');
  }

  /** Whether lines of `debug` are written: where many are made, making them costs more than asking. */
  get isDebugged(): boolean {
    const { logger } = this.options;
    return logger.debug !== undefined && (logger.isLevelEnabled?.('debug') ?? true);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.options.logger.debug?.(message, fields, 'api');
  }
}

function reason(error: unknown): unknown[] {
  return error === undefined ? [] : [error];
}
