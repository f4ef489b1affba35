import type { LoggerService } from '@nestjs/common';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import { type LineOutput, prettyOutput, standardOutput } from './line-output.js';
import { logLine } from './log-line.js';

export interface LoggerOptions {
  /** Name of the program in every line. */
  name: string;
  /** Least severe lines to write: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. */
  level: string;
  /** For people instead of JSON; when absent, whether standard output is a terminal. */
  pretty?: boolean;
  /** Standard output when absent. */
  output?: LineOutput;
}

/**
 * Contexts under which Nest tells how it puts the program together, on forty lines at each start. Whoever runs
 * the program looks for other things, so they count as `debug`; its warnings and errors stay what they are.
 */
const ASSEMBLY = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

/**
 * Nest's logger that writes one JSON object per line. Every method takes a message and any of: an object of
 * fields, an error, and last the context as a text. Fields that are secrets by their name (passwords, tokens,
 * values of environments) and credentials in texts are not written.
 */
export class StructuredLogger implements LoggerService {
  constructor(private readonly target: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Whether a line of this severity is written. */
  isLevelEnabled(level: LevelName): boolean {
    return this.target.isLevelEnabled(level);
  }

  private write(level: LevelName, message: unknown, rest: readonly unknown[]): void {
    if (!this.isLevelEnabled(level)) return;
    const { message: text, fields } = logLine(message, rest);
    const isAssembly = level === 'info' && ASSEMBLY.has(String(fields['context']));
    this.target[isAssembly ? 'debug' : level](fields, text);
  }
}

type LevelName = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** @throws {Error} when the level is none of those listed */
export function createLogger({ name, level, pretty, output }: LoggerOptions): StructuredLogger {
  const lines = output ?? standardOutput();
  const isPretty = pretty ?? (output === undefined && process.stdout.isTTY);
  const colours = output === undefined && process.stdout.isTTY && process.stdout.hasColors();
  const target = pino(
    {
      name,
      level,
      base: {},
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors were made safe before; pino's own view of them would take that for an error of its own.
      serializers: { err: (error: unknown) => error },
    },
    isPretty ? prettyOutput(lines, colours) : lines,
  );
  return new StructuredLogger(target);
}
