import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  noteSecretVariables,
  SearchedStream,
  searchForSecrets,
  secret,
  takeFindings,
} from './known-secrets.mjs';

describe('the search for secrets', () => {
  it('finds what is known by then, and tells its place and not itself', () => {
    searchForSecrets('planted-1', 'an early text');
    secret('planted-1');
    searchForSecrets('nothing', 'a log');
    expect(takeFindings()).toEqual([]);
    searchForSecrets('x planted-1 y', 'a log');
    expect(takeFindings()).toEqual(['pla… (9 characters) in a log']);
    expect(takeFindings()).toEqual([]);
  });

  it.each(['"planted"\n2', 'planted&3 ü'])('finds %j in JSON and in a URL', (value) => {
    secret(value);
    searchForSecrets(JSON.stringify({ value }), 'JSON');
    searchForSecrets(`/apps?x=${encodeURIComponent(value)}`, 'a URL');
    expect(takeFindings()).toHaveLength(2);
  });

  it('finds what comes in two parts', () => {
    secret('planted-in-parts');
    const stream = new SearchedStream('a stream');
    for (const part of ['… plan', 'ted-in', '-parts …']) stream.add(part);
    expect(takeFindings()).toEqual(['pla… (16 characters) in a stream']);
  });

  it('knows the passwords and keys of services', () => {
    noteSecretVariables({
      RABBIT_PASSWORD: 'planted-5',
      SECRET_KEYS: 'a:planted-6==,b:planted-7==',
      HOST: 'public-host',
    });
    searchForSecrets('planted-5 planted-7== public-host', 'a log');
    expect(takeFindings()).toHaveLength(2);
  });

  it('takes no secret that is found everywhere', () => {
    expect(() => secret('short')).toThrow('at least 6 characters');
  });
});

describe('an answer to fetch', () => {
  const server = createServer((request, response) => {
    response.setHeader('x-seen', request.headers['authorization'] ?? '');
    request.pipe(response);
  });
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => void server.close());

  it('that gives a secret of what was sent away is found, however it is read', async () => {
    const json = (value: string) =>
      JSON.stringify({ apps: [{ env_vars: { A: value, OPEN: 'not-secret' }, secret_env_vars: ['A'] }] });
    const found = [`pla… (9 characters) in the answer to POST ${url}, 200`];
    await (await fetch(url, { method: 'POST', body: json('planted-8') })).text();
    expect(takeFindings()).toEqual(found);
    await (await fetch(new Request(url, { method: 'POST', body: json('planted-9') }))).json();
    expect(takeFindings()).toEqual(found);
    await (await fetch(url, { method: 'POST', body: 'not-secret' })).text();
    expect(takeFindings()).toEqual([]);
  });

  it('that gives away what was sent under a name that a body before made secret is found', async () => {
    const send = async (method: string, path: string, body: object) =>
      await (await fetch(url + path, { method, body: JSON.stringify(body) })).text();
    const env_vars = (A: string) => ({ env_vars: { A, OPEN: 'not-secret' } });
    await send('POST', 'apps', { app_name: 'shop', secret_env_vars: ['A'] });
    await send('PATCH', 'apps/other', env_vars('planted-elsewhere'));
    await send('PATCH', 'apps/next?dry_run=true', { secret_env_vars: ['A'] });
    await send('PATCH', 'apps/next', env_vars('planted-for-nothing'));
    expect(takeFindings()).toEqual([]);
    await send('PATCH', 'apps/shop?reason=x', env_vars('planted-later'));
    expect(takeFindings()).toEqual([expect.stringContaining('pla… (13 characters) in the answer to PATCH')]);
    // One that is a secret no more is shown.
    await send('PATCH', 'apps/shop', { ...env_vars('planted-and-open'), secret_env_vars: [] });
    await send('PATCH', 'apps/shop', env_vars('planted-open-again'));
    expect(takeFindings()).toEqual([]);
  });

  it('that comes as a stream or as bytes is found, and is the same', async () => {
    const sent = 'x'.repeat(100_000) + secret('planted-in-a-stream') + 'ü';
    const found = [expect.stringContaining('pla… (19 characters) in the answer to POST')];
    const stream = (await fetch(url, { method: 'POST', body: sent })).body as ReadableStream<Uint8Array>;
    const decoder = new TextDecoder();
    let text = '';
    for await (const part of stream as unknown as AsyncIterable<Uint8Array>)
      text += decoder.decode(part, { stream: true });
    expect(text).toBe(sent);
    expect(takeFindings()).toEqual(found);
    const bytes = await (await fetch(url, { method: 'POST', body: sent })).arrayBuffer();
    expect(Buffer.from(bytes).toString('utf8')).toBe(sent);
    expect(takeFindings()).toEqual(found);
  });

  it('that gives a secret of a body in YAML away is found', async () => {
    const body = 'apps:\n  - env_vars: { A: planted-in-yaml, OPEN: not-secret }\n    secret_env_vars: [A]\n';
    await (await fetch(url, { method: 'POST', body })).text();
    expect(takeFindings()).toEqual([expect.stringContaining('pla… (15 characters)')]);
  });

  it('that has a token in a header is found', async () => {
    const token = 'planted-token-of-twenty-letters';
    await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).text();
    expect(takeFindings()).toEqual([expect.stringContaining('pla… (31 characters)')]);
  });

  it('that has a password in a header is found, in clear and encoded', async () => {
    const basic = Buffer.from('admin:planted:password', 'utf8').toString('base64');
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: 'x',
    });
    await answer.text();
    expect(takeFindings()).toEqual([
      expect.stringContaining(`${basic.slice(0, 3)}… (${basic.length} characters)`),
    ]);
    await (await fetch(url, { method: 'POST', body: 'planted:password' })).text();
    expect(takeFindings()).toEqual([expect.stringContaining('pla… (16 characters)')]);
  });
});
