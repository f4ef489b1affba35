import { randomInt } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeHttpImage, pushImage, removeImage } from '../../../../../tools/engine/images.mjs';
import { REGISTRY_USERS, startRegistry, stopRegistry } from '../../../../../tools/engine/registry.mjs';
import { DockerClient } from '../docker/docker-client.js';
import { ImagePuller } from '../docker/image-pull.js';
import { EngineUnderTest, TEST_DOCKER_HOST } from '../testing/engine-under-test.js';
import { type CredentialOptions, RegistryCredentials } from './registry-credentials.js';

const HOST = TEST_DOCKER_HOST;
const never = new AbortController().signal;
const port = randomInt(28_000, 29_000);
/** Two registries that know one user each. */
const registries = REGISTRY_USERS.map((user, index) => ({
  ...{ user, port: port + index, address: `127.0.0.1:${port + index}`, folder: '' },
}));
const [first, second] = registries as [(typeof registries)[0], (typeof registries)[0]];

let engine: EngineUnderTest;
let client: DockerClient;
let folder: string;
let config: string;
const ids = new Map<string, string>();

beforeAll(async () => {
  engine = await EngineUnderTest.open();
  client = new DockerClient(HOST);
  folder = await mkdtemp(join(tmpdir(), 'nebula-registries-'));
  config = join(folder, 'docker');
  await mkdir(config);
  for (const registry of registries) {
    registry.folder = join(folder, String(registry.port));
    await mkdir(registry.folder);
    await startRegistry({ folder: registry.folder, port: registry.port, users: [registry.user] });
    const reference = imageIn(registry);
    ids.set(reference, await makeHttpImage(HOST, reference, { version: registry.address }));
    await pushImage(HOST, reference, registry.user);
    await removeImage(HOST, reference);
  }
}, 60_000);

afterAll(async () => {
  client.close();
  await engine.close();
  for (const registry of registries) await stopRegistry(registry.folder);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(async () => {
  await rm(join(config, 'config.json'), { force: true });
  for (const registry of registries) await removeImage(HOST, imageIn(registry));
});

function imageIn({ address }: { address: string }): string {
  return `${address}/team/private:1`;
}

function authOf({ username, password }: { username: string; password: string }): { auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}

async function writeConfig(content: unknown): Promise<void> {
  await writeFile(join(config, 'config.json'), JSON.stringify(content));
}

/** A helper on a PATH of its own: a script that gets the registry's name as `$server`. */
async function writeHelper(name: string, script: string): Promise<void> {
  const file = join(folder, 'bin', `docker-credential-${name}`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\nread -r server\n${script}\n`);
  await chmod(file, 0o755);
}

async function pull(reference: string, options: CredentialOptions = {}, limit = 10): Promise<string> {
  const environment = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  const credentials = new RegistryCredentials({ docker_config: config, ...options }, { environment, limit });
  return await new ImagePuller(client, credentials).pull(reference, never);
}

/** What a pull that fails says. */
async function failure(reference: string, options: CredentialOptions = {}, limit = 10): Promise<string> {
  const error: unknown = await pull(reference, options, limit).catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error(`${reference} was pulled.`);
  expect(error).toMatchObject({ name: 'RuntimeError', terminal: false });
  return error.message;
}

describe('a registry that asks who somebody is', () => {
  it('gives an image to a user of the configuration', async () => {
    const { username, password } = first.user;
    const own = {
      registry_auth_user: username,
      registry_auth_password: password,
      registry_host: first.address,
    };
    expect(await pull(imageIn(first), own)).toBe(ids.get(imageIn(first)));
    // The other registry is asked with what is there for it, which is nothing.
    expect(await failure(imageIn(second), own)).toMatch(/without credentials/);
  }, 60_000);

  it("is one of several in Docker's config.json", async () => {
    await writeConfig({
      auths: { [first.address]: authOf(first.user), [`http://${second.address}/v2/`]: authOf(second.user) },
    });
    for (const registry of registries) expect(await pull(imageIn(registry))).toBe(ids.get(imageIn(registry)));
  }, 60_000);

  it('is asked with new credentials as soon as they are there', async () => {
    const credentials = new RegistryCredentials({ docker_config: config });
    const puller = new ImagePuller(client, credentials);
    await writeConfig({ auths: { [first.address]: authOf(second.user) } });
    await expect(puller.pull(imageIn(first), never)).rejects.toThrow('did not give');
    await writeConfig({ auths: { [first.address]: authOf(first.user) } });
    expect(await puller.pull(imageIn(first), never)).toBe(ids.get(imageIn(first)));
  }, 60_000);

  it('that is told wrong credentials is named, with where they are from and without them', async () => {
    const wrong = { username: first.user.username, password: 'wr0ng-passw0rd' };
    await writeConfig({ auths: { [first.address]: authOf(wrong) } });
    const message = await failure(imageIn(first));
    const file = join(config, 'config.json');
    expect(message).toContain(
      `the registry ${first.address}, asked with the credentials of ${file}, did not give ${imageIn(first)}: `,
    );
    expect(message).not.toContain(wrong.password);
    expect(message).not.toContain(authOf(wrong).auth);
  }, 60_000);

  it('that is told none is named, with where they were looked for', async () => {
    expect(await failure(imageIn(first))).toContain(
      `the registry ${first.address}, asked without credentials: there are none for it in ` +
        `${join(config, 'config.json')}, did not give ${imageIn(first)}: `,
    );
  }, 60_000);
});

describe('a credential helper', () => {
  it('gives what it keeps for the registry that is asked, and no other helper is asked', async () => {
    const told = join(folder, 'told');
    const answer = `{"ServerURL":"x","Username":"${first.user.username}","Secret":"${first.user.password}"}`;
    await writeHelper('one', `echo "$1 $server" >> ${told}\necho '${answer}'`);
    await writeHelper('two', 'echo "credentials not found in native keychain"; exit 1');
    await writeConfig({
      auths: { [second.address]: authOf(second.user) },
      credHelpers: { [first.address]: 'one' },
      credsStore: 'two',
    });
    expect(await pull(imageIn(first))).toBe(ids.get(imageIn(first)));
    expect(await readFile(told, 'utf8')).toBe(`get ${first.address}\n`);
    // What a helper doesn't have may be in the file.
    expect(await pull(imageIn(second))).toBe(ids.get(imageIn(second)));
  }, 60_000);

  it.each([
    ['fails', 'echo hunter2; echo hunter2 >&2; exit 3', 'docker-credential-bad ended with exit code 3'],
    ['answers nonsense', 'echo hunter2', 'docker-credential-bad answered something else than credentials'],
    ['answers without end', 'yes hunter2', 'docker-credential-bad answered more than 65536 bytes'],
  ])(
    'that %s is named in the failure, without its output',
    async (_what, script, words) => {
      await writeHelper('bad', script);
      await writeConfig({ credsStore: 'bad' });
      const message = await failure(imageIn(first));
      expect(message).toContain(
        `the registry ${first.address}, asked without credentials: ${words}, did not give`,
      );
      expect(message).not.toContain('hunter2');
    },
    60_000,
  );

  it('that hangs is given up, with all that it has started', async () => {
    const child = join(folder, 'child');
    await writeHelper('slow', `sleep 600 & echo $! > ${child}; wait`);
    await writeConfig({ credsStore: 'slow' });
    expect(await failure(imageIn(first), {}, 1)).toContain(
      'docker-credential-slow did not answer within 1 s',
    );
    const pid = (await readFile(child, 'utf8')).trim();
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    expect(state).toMatch(/^gone$|\) Z /);
  }, 60_000);

  it('that is not there is named', async () => {
    await writeConfig({ credsStore: 'nowhere' });
    expect(await failure(imageIn(first))).toContain(
      'docker-credential-nowhere can not be run: it is not on the PATH',
    );
  }, 60_000);
});
