import { describe, expect, it } from '@jest/globals';
import { createNebulaClient, type NebulaClientOptions } from './client.js';
import { listApps } from './generated/sdk.gen.js';
import { json, ScriptedFetch } from './testing/scripted-fetch.js';

describe('a client', () => {
  it.each<[Partial<NebulaClientOptions>, string]>([
    [
      { baseUrl: 'nebula.example' },
      'baseUrl must be an address like https://nebula.example.com, not "nebula.example"',
    ],
    [{ baseUrl: 'ftp://nebula.example' }, 'baseUrl must be an address like'],
    [{ baseUrl: 'http://a.example/api/v3/' }, 'baseUrl must be without /api/v3'],
    [{ baseUrl: 'http://a.example?x=1' }, 'baseUrl must end with the host or a path'],
    [{ timeoutMs: 0 }, 'timeoutMs must be a whole number, 1 or more, not 0'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs must be a whole number, 1 or more, not NaN'],
    [{ maxRetries: -1 }, 'maxRetries must be a whole number, 0 or more, not -1'],
    [{ token: 'a', user: 'b', password: 'c' }, 'token must be given alone'],
    [{ user: 'b' }, 'user and password must be given both'],
    [{ user: 'b:c', password: 'd' }, 'user must have no colon'],
    [{ token: 'a b' }, 'token must be text without blanks'],
  ])('is refused with %j', (options, message) => {
    expect(() => createNebulaClient({ baseUrl: 'http://a.example', ...options })).toThrow(message);
  });

  it('does not repeat a secret in an error', () => {
    for (const options of [
      { baseUrl: 'http://u:s3cret@a.example' },
      { baseUrl: 'http://s3cret@a.example' },
      { baseUrl: 'u:s3cret@a.example' },
      { baseUrl: 'http://u:s3cret@a.example:99999' },
      { baseUrl: 'http://a.example?token=s3cret' },
      { baseUrl: 'http://a.example#s3cret' },
      { baseUrl: 'http://a.example', token: 's3cret x' },
    ]) {
      let message = '';
      try {
        createNebulaClient(options);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toMatch(/^(baseUrl|token) must/);
      expect(message).not.toContain('s3cret');
    }
  });

  it.each([
    ['http://a.example', 'http://a.example/api/v3/apps'],
    ['http://a.example:8000/', 'http://a.example:8000/api/v3/apps'],
    ['https://a.example/nebula/', 'https://a.example/nebula/api/v3/apps'],
  ])('calls the api at %s', async (baseUrl, url) => {
    const server = new ScriptedFetch(json(200, { items: [], next_cursor: null }));
    await listApps({ client: createNebulaClient({ baseUrl, fetch: server.fetch, headers: { 'x-a': 'b' } }) });
    expect(server.requests[0]?.request).toMatchObject({ url });
    expect(server.requests[0]?.request.headers.get('x-a')).toBe('b');
  });
});
