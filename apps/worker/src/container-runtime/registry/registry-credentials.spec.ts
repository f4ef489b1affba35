import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CredentialOptions, RegistryCredentials } from './registry-credentials.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-docker-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function writeConfig(content: unknown): Promise<void> {
  await writeFile(
    join(folder, 'config.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );
}

/** What the engine would be told for a registry, null for nothing. */
async function sent(registry: string, options: CredentialOptions = {}): Promise<unknown> {
  const { auth } = await new RegistryCredentials({ docker_config: folder, ...options }).for(registry);
  return auth && (JSON.parse(Buffer.from(auth.header(), 'base64url').toString()) as unknown);
}

async function origin(registry: string): Promise<string> {
  return (await new RegistryCredentials({ docker_config: folder }).for(registry)).origin;
}

describe("Docker's config.json", () => {
  it.each([
    ['of that name', 'registry.example:5000', 'registry.example:5000'],
    ['with a scheme and a path', 'https://registry.example:5000/v2/', 'registry.example:5000'],
    ['of Docker Hub', 'https://index.docker.io/v1/', 'docker.io'],
  ])('has an entry %s', async (_what, key, registry) => {
    await writeConfig({ auths: { [key]: { auth: base64('me:pass:with colon') } } });
    expect(await sent(registry)).toEqual({
      username: 'me',
      password: 'pass:with colon',
      serveraddress: registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry,
    });
    expect(await sent('other.example')).toBeNull();
  });

  it.each([
    ['an identity token', { auth: base64('me:'), identitytoken: 'token' }, { identitytoken: 'token' }],
    ['a registry token', { registrytoken: 'token' }, { registrytoken: 'token' }],
    ['a user in the clear', { username: 'me', password: 'p' }, { username: 'me', password: 'p' }],
    ['a password filled up with NUL', { auth: base64('me:p\0\0') }, { username: 'me', password: 'p' }],
  ])('has %s', async (_what, entry, secret) => {
    await writeConfig({ auths: { 'registry.example': entry } });
    expect(await sent('registry.example')).toEqual({ ...secret, serveraddress: 'registry.example' });
  });

  it('is read at each call', async () => {
    const credentials = new RegistryCredentials({ docker_config: folder });
    expect(await credentials.for('registry.example')).toMatchObject({ auth: null, failed: false });
    await writeConfig({ auths: { 'registry.example': { auth: base64('me:one') } } });
    const first = await credentials.for('registry.example');
    await writeConfig({ auths: { 'registry.example': { auth: base64('me:two') } } });
    const second = await credentials.for('registry.example');
    expect(first.auth?.header()).not.toBe(second.auth?.header());
  });

  it.each([
    ['not JSON', '{"auths": {"registry.example": {"auth": "hunter2"', /config\.json is not a JSON object$/],
    ['another thing', '["hunter2"]', /config\.json is not a JSON object$/],
  ])('that is %s gives none, and its content is in no message', async (_what, content, words) => {
    await writeConfig(content);
    const found = await new RegistryCredentials({ docker_config: folder }).for('registry.example');
    expect(found).toMatchObject({ auth: null, failed: true, origin: expect.stringMatching(words) });
    expect(found.origin).not.toContain('hunter2');
  });

  it.each([
    ['an entry without anything', { auths: { 'registry.example': {} } }],
    ['entries of another kind', { auths: { 'registry.example': 'hunter2' }, credHelpers: 7, credsStore: [] }],
    [
      'a text that is no user with a password',
      { auths: { 'registry.example': { auth: base64('hunter2') } } },
    ],
    ['nothing', {}],
  ])('with %s gives none', async (_what, content) => {
    await writeConfig(content);
    expect(await sent('registry.example')).toBeNull();
    expect(await origin('registry.example')).toMatch(
      /^without credentials: there are none for it in .*config\.json$/,
    );
  });

  it('with a helper that is no name runs nothing', async () => {
    await writeConfig({ credsStore: '../../bin/sh' });
    expect(await sent('registry.example')).toBeNull();
    expect(await origin('registry.example')).toMatch(/its credential helper is not allowed/);
  });
});

describe('registry_auth_user', () => {
  const user = { registry_auth_user: 'own', registry_auth_password: 'secret' };

  it.each([
    ['registry.example:5000', 'registry.example:5000'],
    ['https://registry.example:5000/v2/', 'registry.example:5000'],
    ['', 'docker.io'],
    ['index.docker.io', 'docker.io'],
  ])('with the registry_host "%s" is sent to %s alone', async (registry_host, registry) => {
    expect(await sent(registry, { ...user, registry_host })).toMatchObject({
      username: 'own',
      password: 'secret',
    });
    expect(await sent('other.example', { ...user, registry_host })).toBeNull();
  });

  it("goes before Docker's config.json", async () => {
    await writeConfig({ auths: { 'registry.example': { auth: base64('me:p') } } });
    const given = { ...user, registry_host: 'registry.example' };
    expect(await sent('registry.example', given)).toMatchObject({ username: 'own' });
  });
});

it('what was found shows no secret, however it is printed', async () => {
  const password = 'häßlich?>~';
  await writeConfig({ auths: { 'registry.example': { auth: base64(`me:${password}`) } } });
  const found = await new RegistryCredentials({ docker_config: folder }).for('registry.example');
  expect(Buffer.from(found.auth?.header() ?? '', 'base64url').toString()).toContain(password);
  // The engine takes the URL-safe alphabet alone, with padding.
  expect(found.auth?.header()).toMatch(/^[\w-]+={0,2}$/);
  for (const text of [JSON.stringify(found), inspect(found, { showHidden: true, depth: 9 })]) {
    expect(text).not.toContain(password);
    expect(text).not.toContain(base64(password));
    expect(text).not.toContain(found.auth?.header());
  }
});
