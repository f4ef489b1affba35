import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { ApiUnderTest } from '../testing/api-under-test.js';
import type { LoginOptions } from './login-options.js';
import { basic, bearer } from './testing/logins.js';

/** As docs/backup.md says it under "New credentials, without an outage": a login of the api. */

const OLD = {
  administrator: { user: 'admin', password: secret('0ld-Password-of-an-admin') },
  auth_token: secret('0ld-Token-from-a-configuration-of-an-api'),
} satisfies LoginOptions;
const NEW = {
  administrator: { user: 'admin', password: secret('n3w-Password-of-an-admin') },
  auth_token: secret('n3w-Token-from-a-configuration-of-an-api'),
} satisfies LoginOptions;

type Login = typeof OLD;

let folder: string;
/** Two on one database, behind what sends requests to those that serve. */
let apis: ApiUnderTest[];

async function start(login: Login): Promise<ApiUnderTest> {
  return await ApiUnderTest.start({ store: { kind: 'sqlite', path: join(folder, 'shared.db') }, login });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-login-'));
  apis = [await start(OLD), await start(OLD)];
});

afterEach(async () => {
  for (const api of apis) await api.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the apis that serve answer to somebody who lists the apps, one after the other. */
async function answersTo(authorization: string): Promise<number[]> {
  const answers: number[] = [];
  for (const api of apis)
    answers.push((await api.call('GET', '/apps', { headers: { authorization } })).status);
  return answers;
}

const logins = ({ administrator, auth_token }: Login): string[] => [
  basic(administrator.user, administrator.password),
  bearer(auth_token),
];

it('is changed on one api after the other while whoever has a token goes on', async () => {
  const [admin = ''] = logins(OLD);
  const made = await apis[0]?.call('POST', '/tokens', {
    ...{ json: { name: 'me', rights: 'rw' }, headers: { authorization: admin } },
  });
  const mine = bearer(secret((made?.body as { token: string }).token));
  expect(await answersTo(mine)).toEqual([200, 200]);

  const [first, second] = apis as [ApiUnderTest, ApiUnderTest];
  apis = [second];
  await first.stop();
  expect(await answersTo(mine)).toEqual([200]);
  apis = [await start(NEW), second];
  expect(await answersTo(mine)).toEqual([200, 200]);
  // Meanwhile each api knows its own.
  for (const login of logins(OLD)) expect(await answersTo(login)).toEqual([401, 200]);
  for (const login of logins(NEW)) expect(await answersTo(login)).toEqual([200, 401]);

  const [changed] = apis as [ApiUnderTest];
  apis = [changed];
  await second.stop();
  expect(await answersTo(mine)).toEqual([200]);
  apis = [changed, await start(NEW)];
  expect(await answersTo(mine)).toEqual([200, 200]);
  for (const login of logins(OLD)) expect(await answersTo(login)).toEqual([401, 401]);
  for (const login of logins(NEW)) expect(await answersTo(login)).toEqual([200, 200]);
});
