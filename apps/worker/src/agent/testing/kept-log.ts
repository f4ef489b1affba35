import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { searchForSecrets } from '../../../../../tools/test/known-secrets.mjs';

/** A logger that keeps its lines for a test to look at, and searches them for secrets. */
export class KeptLog implements LoggerService {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];

  log(message: unknown, ...rest: unknown[]): void {
    this.keep('info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.keep('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.keep('error', message, rest);
  }

  /** The lines as text, to search in. */
  get text(): string {
    return this.lines.map((line) => JSON.stringify(line)).join('\n');
  }

  private keep(level: string, message: unknown, rest: unknown[]): void {
    const said = inspect([message, ...rest], { depth: 10, maxStringLength: null });
    searchForSecrets(said, 'the log of a worker');
    const fields = Object.assign({}, ...rest.filter((value) => typeof value === 'object')) as object;
    this.lines.push({ level, message: String(message), fields: { ...fields } });
  }
}
