export { completesOf, examplesOf, type World } from './command.js';
export type { Terminal } from './console/terminal.js';
export { buildProgram } from './program.js';
export { run } from './run.js';
