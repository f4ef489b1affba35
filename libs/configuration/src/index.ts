export { ConfigurationError } from './configuration-error.js';
export { describeKeys } from './describe-keys.js';
export { FILE_KEYS, SECRET_KEYS, withoutOwnSecrets } from './file-keys.js';
export { textOfFile } from './file-text.js';
export type { BooleanKey, Key, KeyTable, ListKey, NumberKey, ObjectKey, TextKey } from './key-table.js';
export { loadConfiguration, type Sources } from './load-configuration.js';
export { type RabbitConnection, rabbitConnection } from './rabbit-connection.js';
export { rabbitHostProblems } from './rabbit-hosts.js';
export { RABBIT_KEYS, type RabbitConfiguration, reconnectKey } from './rabbit-keys.js';
