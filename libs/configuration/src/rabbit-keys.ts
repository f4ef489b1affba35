import type { KeyTable, NumberKey } from './key-table.js';

/** How RabbitMQ is reached, with the keys that api and worker share. */
export interface RabbitConfiguration {
  rabbit_host: string[];
  rabbit_port: number;
  rabbit_user: string;
  rabbit_password: string;
  rabbit_vhost: string;
  rabbit_heartbeat: number;
  rabbit_reconnect_max_seconds: number;
  rabbit_ssl: boolean;
  rabbit_ssl_ca: string;
  rabbit_ssl_cert: string;
  rabbit_ssl_key: string;
  rabbit_ssl_verify: boolean;
}

/**
 * Key of the longest wait for a lost connection.
 *
 * @param seconds when it isn't set
 */
export function reconnectKey(seconds: number): NumberKey {
  return {
    kind: 'integer',
    default: seconds,
    min: 1,
    max: 3600,
    description:
      'longest wait between two attempts to connect to RabbitMQ, seconds; each is anything between 0 and a limit ' +
      'that grows up to this',
  };
}

/** With the wait of a program of which there are many, so that a fleet doesn't come back all at once. */
export const RABBIT_KEYS: KeyTable<RabbitConfiguration> = {
  rabbit_host: {
    kind: 'list',
    required: true,
    description: 'names or addresses of the RabbitMQ nodes, separated by commas; name:port for another port',
  },
  rabbit_port: {
    kind: 'integer',
    default: 5672,
    min: 1,
    max: 65_535,
    description: 'port of RabbitMQ; 5671 is usual with rabbit_ssl',
  },
  rabbit_user: { kind: 'string', required: true, description: 'user on RabbitMQ' },
  rabbit_password: { kind: 'string', required: true, secret: true, description: 'password of that user' },
  rabbit_vhost: { kind: 'string', default: '/', description: 'virtual host on RabbitMQ' },
  rabbit_heartbeat: {
    kind: 'integer',
    default: 60,
    min: 1,
    max: 3600,
    description: 'how often each side of a connection shows that it lives, seconds',
  },
  rabbit_reconnect_max_seconds: reconnectKey(120),
  rabbit_ssl: { kind: 'boolean', default: false, description: 'connect to RabbitMQ by TLS' },
  rabbit_ssl_ca: {
    kind: 'string',
    default: '',
    description:
      'file (PEM) of the authority that signed the certificate of RabbitMQ, when it is not a public one',
  },
  rabbit_ssl_cert: {
    kind: 'string',
    default: '',
    description: 'file (PEM) of our own certificate, if RabbitMQ asks',
  },
  rabbit_ssl_key: { kind: 'string', default: '', description: 'file (PEM) of the key of rabbit_ssl_cert' },
  rabbit_ssl_verify: {
    kind: 'boolean',
    default: true,
    description: 'refuse a RabbitMQ whose certificate is not right; false only for trying things out',
  },
};
