export { createNebulaClient, type NebulaClient, type NebulaClientOptions } from './client.js';
export type { Credentials } from './credentials.js';
export {
  NebulaApiError,
  NebulaConnectionError,
  NebulaError,
  NebulaTimeoutError,
  type ProblemType,
} from './errors.js';
export { etagOf } from './etag.js';
export { expectedOf } from './expected.js';
export { type EventOptions, type NebulaEvent, streamEvents } from './events.js';
export { eachItem, eachPage, type Page } from './lists.js';
export {
  type ConvergenceOptions,
  NotConvergedError,
  type NotConvergedReason,
  waitForConvergence,
} from './wait-for-convergence.js';
// Every operation and type of the document. What has a name that stands above is left out.
export * from './generated/index.js';
