import type { KeyTable } from '@nebula/configuration';

/** Who may use the api, and how it is reached. The keys are the same where api and worker run in one process. */
export interface AccessConfiguration {
  api_host: string;
  api_names: string[];
  api_port: number;
  auth_enabled: boolean;
  basic_auth_user: string;
  basic_auth_password: string;
  auth_token: string;
  tls_cert: string;
  tls_key: string;
  trusted_proxies: string[];
  cors_origins: string[];
  rate_limit_per_minute: number;
}

export const ACCESS_KEYS: KeyTable<AccessConfiguration> = {
  api_host: {
    kind: 'string',
    default: '127.0.0.1',
    description: 'address that the api listens on; 0.0.0.0 for all, which needs a login',
  },
  api_names: {
    kind: 'list',
    default: [],
    description: 'more names under which the api is asked over the loopback, as by a proxy on this machine',
  },
  api_port: { kind: 'integer', default: 8000, min: 1, max: 65_535, description: 'port of the api' },
  auth_enabled: {
    kind: 'boolean',
    default: true,
    description: 'false lets anyone in who reaches the api, whatever credentials are set',
  },
  basic_auth_user: { kind: 'string', default: '', description: 'user who is the first administrator' },
  basic_auth_password: {
    kind: 'string',
    default: '',
    secret: true,
    description: 'password of that user, or its argon2id hash ($argon2id$...)',
  },
  auth_token: {
    kind: 'string',
    default: '',
    secret: true,
    description: 'bearer token of an administrator, at least 32 characters',
  },
  tls_cert: {
    kind: 'string',
    default: '',
    description: 'file (PEM) of the certificate of the api with its chain; with it the api is asked by HTTPS',
  },
  tls_key: { kind: 'string', default: '', description: 'file (PEM) of the private key of tls_cert' },
  trusted_proxies: {
    kind: 'list',
    default: [],
    description:
      'addresses or networks of proxies, like 10.0.0.0/8, that are believed about who asks (X-Forwarded-For)',
  },
  cors_origins: {
    kind: 'list',
    default: [],
    description: 'origins whose pages may use the api from a browser, like https://nebula.example',
  },
  rate_limit_per_minute: {
    kind: 'integer',
    default: 6_000,
    min: 0,
    max: 10_000_000,
    description: 'requests that one address may make in a minute; 0 for any number, as without a login',
  },
};
