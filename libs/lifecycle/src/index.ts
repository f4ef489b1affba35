export * from './configured.js';
export * from './listen-address.js';
export * from './program-version.js';
export * from './run-program.js';
export * from './start-error.js';
export * from './stop-signals.js';
