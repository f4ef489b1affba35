import { ApiUnderTest, type HttpAnswer } from '../../testing/api-under-test.js';

const started: ApiUnderTest[] = [];

/** An api that `stopAll` ends. */
export async function start(...given: Parameters<typeof ApiUnderTest.start>): Promise<ApiUnderTest> {
  const api = await ApiUnderTest.start(...given);
  started.unshift(api);
  return api;
}

/** The last one first, since others can be on its database. */
export async function stopAll(): Promise<void> {
  for (const api of started.splice(0)) await api.stop();
}

/** What a call is answered that is made with these credentials. */
export async function as(api: ApiUnderTest, authorization: string, path = '/apps'): Promise<HttpAnswer> {
  return await api.call('GET', path, { headers: { authorization } });
}
