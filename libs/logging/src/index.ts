export { createLogger, type LoggerOptions, StructuredLogger } from './create-logger.js';
export type { LineOutput } from './line-output.js';
export { REDACTED, redact, redactOutput, redactText } from './redact.js';
