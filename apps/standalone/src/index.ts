export * from './configuration.js';
export * from './reservation.js';
export * from './standalone.js';
export * from './standalone-logger.js';
export * from './start-error.js';
export * from './state-claim.js';
export * from './state-folder.js';
export * from './stop-signals.js';
