import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerAt } from './docker-client.mjs';
import { exampleIsDue } from './example-app.mjs';
import { ensureHelloImages, HELLO_IMAGES } from './hello-image.mjs';

const docker = dockerAt(process.env['NEBULA_TEST_DOCKER_HOST'] ?? '');
const scope = `example-${randomBytes(4).toString('hex')}`;
const created: string[] = [];
const said: string[] = [];
let stateDir: string;

/** Whether the example is due when the store has these apps. */
async function isDue(apps: string[] = []): Promise<boolean> {
  said.length = 0;
  const items = apps.map((app_name) => ({ app_name, docker_image: 'a:1' }));
  const api = { apps: () => Promise.resolve({ items, next_cursor: null }) };
  return await exampleIsDue({ api, docker, scope, stateDir, say: (line) => said.push(line) });
}

async function container(labels: Record<string, string>): Promise<void> {
  const { id } = await docker.createContainer({ Image: HELLO_IMAGES.first, Labels: labels });
  created.push(id);
}

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'nebula-example-'));
  await ensureHelloImages(docker);
}, 60_000);

afterAll(async () => {
  for (const id of created) await docker.getContainer(id).remove({ force: true });
  await rm(stateDir, { recursive: true });
});

describe('the example app', () => {
  it('is due once, in an empty store', async () => {
    expect(await isDue()).toBe(true);
    expect(await isDue(['shop'])).toBe(false);
    await writeFile(join(stateDir, 'example-created'), '');
    expect(await isDue()).toBe(false);
    expect(said).toEqual([]);
    await rm(join(stateDir, 'example-created'));
  });

  it('replaces no app of its name that runs although the store has lost it', async () => {
    await container({ 'nebula.scope': `${scope}-other`, 'nebula.app': 'hello' });
    await container({ 'nebula.scope': scope, 'nebula.app': 'shop' });
    expect(await isDue()).toBe(true);
    await container({ 'nebula.scope': scope, 'nebula.app': 'hello' });
    expect(await isDue()).toBe(false);
    expect(said).toEqual([
      'The example app is not created: there are containers of an app hello already, which are left as they are.',
    ]);
  });
});
