export * from './app-spec/app-spec.js';
export * from './digest.js';
export * from './messages/desired-state.js';
export * from './messages/report.js';
export * from './names.js';
export * from './parsing/parse.js';
