export { InProcessBroker, type InProcessBrokerOptions } from './in-process/in-process-broker.js';
export * from './ports.js';
