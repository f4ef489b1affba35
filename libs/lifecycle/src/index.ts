export * from './configured.js';
export * from './listen-address.js';
export * from './private-folder.js';
export * from './program-version.js';
export * from './run-program.js';
export * from './start-error.js';
export * from './state-claim.js';
export * from './stop-signals.js';
