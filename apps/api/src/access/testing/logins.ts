import type { LoginOptions } from '../login-options.js';
import type { ApiUnderTest } from '../../testing/api-under-test.js';

/** The credentials of an api under test. */
export const LOGIN = {
  administrator: { user: 'admin', password: 'correct horse battery staple' },
  auth_token: 'a-token-from-the-configuration',
} as const satisfies LoginOptions;

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export function bearer(token: string): string {
  return `Bearer ${token}`;
}

export const ADMIN = basic(LOGIN.administrator.user, LOGIN.administrator.password);

/** Makes a token as the administrator. Answers the header with it. */
export async function makeToken(
  api: ApiUnderTest,
  request: { name: string; rights: 'ro' | 'rw'; apps?: string[]; expires_at?: string },
): Promise<string> {
  const answer = await api.call('POST', '/tokens', { json: request, headers: { authorization: ADMIN } });
  if (answer.status !== 201) throw new Error(`no token was made: ${JSON.stringify(answer.body)}`);
  return bearer((answer.body as { token: string }).token);
}
