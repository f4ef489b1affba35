import { createSecureContext } from 'node:tls';
import { textOfFile } from '@nebula/configuration';
import { StartError } from '@nebula/lifecycle';
import type { LoginOptions } from '../access/login-options.js';
import { hashProblem, isHashed } from '../access/password-check.js';
import type { ApiOptions } from '../api-options.js';
import type { HttpOptions } from '../http/http-options.js';
import type { AccessConfiguration } from './access-keys.js';
import { hasLogin } from './access-problems.js';

/**
 * Who may use the api and how it is reached, as the configuration says.
 * @throws {StartError} when a file can't be read, or a password can't be compared with
 */
export async function accessOptions(
  configuration: AccessConfiguration,
): Promise<Pick<ApiOptions, 'login' | 'http' | 'names'>> {
  const { api_names, trusted_proxies, cors_origins, rate_limit_per_minute } = configuration;
  const login = loginOf(configuration);
  if (login?.administrator) await requireHash(login.administrator.password);
  const tls = tlsOf(configuration);
  const http: HttpOptions = {
    ...{ trusted_proxies, cors_origins },
    // Who is let in without being asked could do all else, too.
    rate_limit_per_minute: login ? rate_limit_per_minute : 0,
    ...(tls ? { tls } : {}),
  };
  return { names: api_names, http, ...(login ? { login } : {}) };
}

function loginOf(configuration: AccessConfiguration): LoginOptions | undefined {
  if (!hasLogin(configuration)) return undefined;
  const { basic_auth_user: user, basic_auth_password: password, auth_token } = configuration;
  return {
    ...(user === '' ? {} : { administrator: { user, password } }),
    ...(auth_token === '' ? {} : { auth_token }),
  };
}

async function requireHash(password: string): Promise<void> {
  const problem = isHashed(password) ? await hashProblem(password) : null;
  if (problem !== null)
    throw new StartError([`basic_auth_password: the hash can't be compared with: ${problem}`]);
}

function tlsOf({ tls_cert, tls_key }: AccessConfiguration): HttpOptions['tls'] {
  if (tls_cert === '') return undefined;
  const read = () => ({ cert: textOf('tls_cert', tls_cert), key: textOf('tls_key', tls_key) });
  const tls = { ...read(), read };
  try {
    createSecureContext({ cert: tls.cert, key: tls.key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      [`tls_cert, tls_key: they are no certificate and its key in PEM (${reason})`],
      undefined,
      {
        cause: error,
      },
    );
  }
  return tls;
}

function textOf(key: string, path: string): string {
  const file = textOfFile(key, path);
  if ('problem' in file) throw new StartError([file.problem]);
  return file.text;
}
