export { claimStateFolder, EXIT, StartError, StopSignals } from '@nebula/lifecycle';
export * from './configuration.js';
export * from './reservation.js';
export * from './standalone.js';
export * from './standalone-logger.js';
export * from './state-folder.js';
