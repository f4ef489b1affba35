import type { LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';
import { searchForSecrets } from '../../../../tools/test/known-secrets.mjs';

/** Searches what is logged for the secrets of the test, with all that errors carry. */
export function searchLogged(...parts: unknown[]): void {
  searchForSecrets(inspect(parts, { depth: 10, maxStringLength: null }), 'a log');
}

/** A logger that prints nothing, and searches everything. */
export const SEARCHED_LOG: LoggerService = {
  ...{ log: searchLogged, warn: searchLogged, error: searchLogged, debug: searchLogged },
};

/** The same for parts that are given a log of messages with fields. */
export const SEARCHED_LINES = { info: searchLogged, warn: searchLogged, error: searchLogged };
