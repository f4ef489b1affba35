import { Logger } from '@nestjs/common';

/** What is logged through Nest's logger, as text. For one test at a time. */
export class LogLines {
  readonly lines: string[] = [];

  /** Takes the place of the logger, until `stop`. */
  start(): void {
    this.lines.length = 0;
    const note =
      (level: string) =>
      (...parts: unknown[]): void => {
        const text = parts.map((part) => (part instanceof Error ? String(part.stack) : JSON.stringify(part)));
        this.lines.push(`${level} ${text.join(' ')}`);
      };
    Logger.overrideLogger({ log: note('log'), warn: note('warn'), error: note('error'), debug: () => {} });
  }

  stop(): void {
    Logger.overrideLogger(false);
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Warnings and errors that contain a text. */
  problems(part: string): string[] {
    return this.lines.filter((line) => !line.startsWith('log') && line.includes(part));
  }
}
