export { InProcessBroker, type InProcessBrokerOptions } from './in-process/in-process-broker.js';
export * from './ports.js';
export { type ManagementAccess, ManagementError } from './rabbitmq/setup/management-client.js';
export { mayReportAs, workerUserName } from './rabbitmq/setup/rights.js';
export { type BrokerSetup, type BrokerUser, setupBroker } from './rabbitmq/setup/setup-broker.js';
export { RabbitFeed, type RabbitFeedOptions } from './rabbitmq/rabbit-feed.js';
export type { RabbitOptions } from './rabbitmq/rabbit-options.js';
