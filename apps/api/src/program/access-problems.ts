import { isIP } from 'node:net';
import { shownValue } from '@nebula/configuration';
import { isArgon2idHash, isHashed } from '../access/password-check.js';
import type { AccessConfiguration } from './access-keys.js';

/** A token that is chosen must not be guessed; one of ours has 43 characters behind its id. */
const SHORTEST_TOKEN = 32;

const WAYS_OUT =
  'set basic_auth_user and basic_auth_password, or auth_token, or leave api_host at 127.0.0.1; ' +
  'auth_enabled: false lets in anyone who reaches it, on purpose';

/** What is wrong with who may use the api and how it is reached, a line each. No secret is shown. */
export function accessProblems(configuration: AccessConfiguration): string[] {
  return [
    ...credentialProblems(configuration),
    ...exposureProblems(configuration),
    ...tlsProblems(configuration),
    ...configuration.trusted_proxies
      .filter((proxy) => !isNetwork(proxy))
      .map(
        (proxy) =>
          `trusted_proxies: ${shownValue(proxy)} must be an address or a network, like 10.0.0.7 or 10.0.0.0/8`,
      ),
    ...configuration.cors_origins
      .filter((origin) => !isOrigin(origin))
      .map(
        (origin) =>
          `cors_origins: ${shownValue(origin)} must be an origin without a path, like https://nebula.example`,
      ),
  ];
}

/** Whether somebody is asked who they are. */
export function hasLogin({ auth_enabled, basic_auth_user, auth_token }: AccessConfiguration): boolean {
  return auth_enabled && (basic_auth_user !== '' || auth_token !== '');
}

function credentialProblems({
  basic_auth_user,
  basic_auth_password,
  auth_token,
}: AccessConfiguration): string[] {
  const problems: string[] = [];
  if ((basic_auth_user === '') !== (basic_auth_password === ''))
    problems.push('basic_auth_user and basic_auth_password belong together: set both or none');
  if (basic_auth_user.includes(':'))
    problems.push('basic_auth_user has a ":", which separates it from the password in a request');
  if (isHashed(basic_auth_password) && !isArgon2idHash(basic_auth_password))
    problems.push(
      'basic_auth_password begins like a hash of argon2 but is none of argon2id, which is $argon2id$v=19$m=…,t=…,p=…$salt$hash',
    );
  if (auth_token !== '' && !/^[\x21-\x7e]+$/.test(auth_token))
    problems.push('auth_token must be of printable ASCII characters without blanks');
  else if (auth_token !== '' && auth_token.length < SHORTEST_TOKEN)
    problems.push(
      `auth_token is shorter than ${SHORTEST_TOKEN} characters and could be guessed; "openssl rand -hex 32" makes one`,
    );
  return problems;
}

function exposureProblems(configuration: AccessConfiguration): string[] {
  const { api_host, auth_enabled } = configuration;
  if (!auth_enabled || hasLogin(configuration) || isLoopback(api_host)) return [];
  return [`api_host is ${shownValue(api_host)}, but no login is configured: ${WAYS_OUT}`];
}

function tlsProblems({ tls_cert, tls_key }: AccessConfiguration): string[] {
  return (tls_cert === '') === (tls_key === '')
    ? []
    : ['tls_cert and tls_key belong together: set both or none'];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
