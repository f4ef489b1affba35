import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { WorkerReport } from '@nebula/contracts';
import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeImage } from '../../../../tools/engine/images.mjs';
import { REGISTRY_USERS, startRegistry, stopRegistry } from '../../../../tools/engine/registry.mjs';
import { pushHttpImage } from '../../../../tools/engine/registry-image.mjs';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import type { CredentialOptions } from '../container-runtime/registry/registry-credentials.js';
import { TEST_DOCKER_HOST } from '../container-runtime/testing/engine-under-test.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

const LIMIT = 60_000;
const port = randomInt(27_000, 28_000);
const registry = `127.0.0.1:${port}`;
const image = `${registry}/team/private:1`;
const [user, other] = REGISTRY_USERS.map(({ username, password, hash }) => ({
  ...{ username, password: secret(password), hash },
})) as [Credentials, Credentials];

type Credentials = (typeof REGISTRY_USERS)[0];

let worker: WorkerOnEngine;
let folder: string;
let id: string;

beforeAll(async () => {
  worker = await WorkerOnEngine.open();
  folder = await mkdtemp(join(tmpdir(), 'nebula-registry-'));
  await Promise.all(['registry', 'docker'].map((name) => mkdir(join(folder, name))));
  await startRegistry({ folder: join(folder, 'registry'), port, users: [user] });
  ({ id } = await pushHttpImage(image, { version: worker.app, user }));
}, LIMIT);

afterAll(async () => {
  await worker.destroy();
  await removeImage(TEST_DOCKER_HOST, image);
  await stopRegistry(join(folder, 'registry'));
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

/** As a worker is started with them. */
const keysOf = ({ username, password }: Credentials): CredentialOptions => ({
  ...{ registry_host: registry, registry_auth_user: username, registry_auth_password: password },
  docker_config: '/nowhere',
});

/** As `docker login` keeps them. */
async function configOf({ username, password }: Credentials): Promise<CredentialOptions> {
  const auth = secret(Buffer.from(`${username}:${password}`).toString('base64'));
  await writeFile(join(folder, 'docker', 'config.json'), JSON.stringify({ auths: { [registry]: { auth } } }));
  return { docker_config: join(folder, 'docker') };
}

/** What a text has in it, as it is or anywhere in what is base64, when it knows a password. */
function formsOf(password: string): string[] {
  const shifted = [0, 1, 2].map((shift) => {
    const whole = Buffer.from('x'.repeat(shift) + password).toString('base64url');
    // Without the characters that also hold a part of what is before and after it.
    return whole.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + password.length) * 8) / 6));
  });
  return [password, ...shifted, ...shifted.map((form) => form.replaceAll('-', '+').replaceAll('_', '/'))];
}

/** Every file below a folder, as text. */
async function textsBelow(path: string): Promise<Map<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const)),
  );
}

it(
  'credentials of a registry are in no log, report, file, container and image, be they wrong, missing or right',
  async () => {
    let revision = 0;
    const told: WorkerReport[] = [];
    const pullWith = async (credentials: CredentialOptions, state: 'failed' | 'converged') => {
      await worker.close();
      await removeImage(TEST_DOCKER_HOST, image);
      told.push(...worker.reports);
      worker.forgetReports();
      revision += 1;
      await worker.start({ images: { credentials } });
      await worker.want(revision, { docker_image: image, env_vars: { STEP: String(revision) } });
      return await worker.reported({ revision, state }, LIMIT);
    };
    const asked = (how: string) => expect.stringContaining(`the registry ${registry}, asked with${how}`);
    const without = await pullWith({ docker_config: '/nowhere' }, 'failed');
    expect(without.last_error).toMatchObject({ step: 'pull', message: asked('out credentials') });
    const file = join(folder, 'docker', 'config.json');
    for (const [credentials, from] of [
      [keysOf(other), ' registry_auth_user'],
      [await configOf(other), ` the credentials of ${file}`],
    ] as const) {
      const wrong = await pullWith(credentials, 'failed');
      expect(wrong.last_error).toMatchObject({ step: 'pull', message: asked(from) });
      expect(await worker.containers()).toEqual([]);
    }
    await pullWith(keysOf(user), 'converged');
    const [first] = await worker.containers();
    // Nothing uses the image then, so that it can be removed, and has to be pulled again.
    revision += 1;
    await worker.want(revision, { running: false });
    await worker.reported({ revision, state: 'converged' }, LIMIT);
    await pullWith(await configOf(user), 'converged');

    const [container] = await worker.containers();
    expect(container?.id).not.toBe(first?.id);
    const { docker } = worker.engine;
    const inspected = [
      await docker.getContainer(container?.id ?? '').inspect(),
      await docker.getImage(id).inspect(),
      await docker.getImage(id).history(),
    ];
    const texts = await textsBelow(worker.stateDir);
    expect([...texts.keys()].join()).toContain(`${worker.app}.json`);
    texts.set('log', worker.log.text);
    texts.set('reports', JSON.stringify([...told, ...worker.reports]));
    texts.set('engine', JSON.stringify(inspected));
    for (const [place, text] of texts) {
      for (const { password } of [user, other])
        expect([place, formsOf(password).filter((form) => text.includes(form))]).toEqual([place, []]);
    }
  },
  4 * LIMIT,
);
