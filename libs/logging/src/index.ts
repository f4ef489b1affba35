export { createLogger, type LoggerOptions, StructuredLogger } from './create-logger.js';
export type { LineOutput } from './line-output.js';
export { REDACTED, redact, redactText } from './redact.js';
export { redactOutput } from './redact-output.js';
