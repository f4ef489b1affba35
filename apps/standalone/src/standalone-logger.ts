import { createLogger } from '@nebula/logging';
import type { LoggerService } from '@nestjs/common';
import type { StandaloneConfiguration } from './configuration.js';

/** One log for api and worker: for people on a terminal, JSON elsewhere. */
export function createStandaloneLogger({ log_level }: StandaloneConfiguration): LoggerService {
  return createLogger({ name: 'nebula', level: log_level });
}
