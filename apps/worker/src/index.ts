export { createWorker } from './create-worker.js';
export { WORKER_KEYS, type WorkerConfiguration } from './program/configuration.js';
export { policyConfigurationProblems, workerPolicy } from './program/worker-policy.js';
export { UPDATE_KEYS, type UpdateConfiguration, updateOptions } from './program/update-keys.js';
export type { WorkerOptions } from './worker-options.js';
export { WorkerMetrics } from './metrics/worker-metrics.js';
export { WorkerReadiness } from './worker-readiness.js';
export { IMAGE_KEYS, type ImageConfiguration, imageOptions, imageProblems } from './program/image-keys.js';
