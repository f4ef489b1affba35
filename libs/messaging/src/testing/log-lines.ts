import { Logger } from '@nestjs/common';
import { SEARCHED_LOG, searchLogged } from './searched-log.js';

/** What is logged through Nest's logger, as text, and searched for secrets. For one test at a time. */
export class LogLines {
  readonly lines: string[] = [];

  /** Takes the place of the logger, until `stop`. */
  start(): void {
    this.lines.length = 0;
    const note =
      (level: string) =>
      (...parts: unknown[]): void => {
        searchLogged(...parts);
        const text = parts.map((part) => (part instanceof Error ? String(part.stack) : JSON.stringify(part)));
        this.lines.push(`${level} ${text.join(' ')}`);
      };
    Logger.overrideLogger({
      log: note('log'),
      warn: note('warn'),
      error: note('error'),
      debug: searchLogged,
    });
  }

  stop(): void {
    Logger.overrideLogger(SEARCHED_LOG);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Warnings and errors that contain a text. */
  problems(part: string): string[] {
    return this.lines.filter((line) => !line.startsWith('log') && line.includes(part));
  }
}
