/** The one home of prom-client: others take its metrics from here. */
export { Counter, Gauge, Histogram, Registry } from 'prom-client';
export { addProcessMetrics, type Program } from './process-metrics.js';
export { buckets } from './buckets.js';
export { expose, EXPOSITION_TYPE } from './exposition.js';
