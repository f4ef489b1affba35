import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { engineDo } from './engine-api.mjs';
import { makeHttpImageOnPodman } from './images.mjs';
import { ensurePackages } from './packages.mjs';
import { PODMAN_PACKAGES, startPodman, stopPodman } from './podman.mjs';

beforeAll(async () => {
  await ensurePackages(PODMAN_PACKAGES, () => undefined);
}, 180_000);

const bridges = () => readdirSync('/sys/class/net').filter((name) => name.startsWith('cni-podman'));

it('a Podman that is stopped leaves no container, bridge or file behind, and takes no bridge of others away', async () => {
  const before = bridges();
  const folders = await Promise.all([1, 2].map(() => mkdtemp(join('/run', 'nebula-podman-'))));
  const [mine = '', other = ''] = folders;
  try {
    const own = await runContainer(mine);
    const others = await runContainer(other);
    expect(own).not.toBe(others);
    expect(bridges()).toEqual(expect.arrayContaining([own, others]));
    await stopPodman(mine);
    expect(existsSync(mine)).toBe(false);
    expect(bridges()).not.toContain(own);
    expect(bridges()).toContain(others);
  } finally {
    for (const folder of folders) await stopPodman(folder);
  }
  expect(bridges()).toEqual(before);
}, 120_000);

/** Answers the bridge of the container's network. */
async function runContainer(folder: string): Promise<string> {
  const { host } = await startPodman(folder);
  await makeHttpImageOnPodman(host, 'podman-test:1');
  const post = async (path: string, body: object) =>
    await engineDo(host, 'POST', path, {
      tar: Buffer.from(JSON.stringify(body)),
      headers: { 'content-type': 'application/json' },
    });
  await post('/networks/create', { Name: 'own' });
  const before = bridges();
  const made = await post('/containers/create', {
    Image: 'podman-test:1',
    HostConfig: { NetworkMode: 'own' },
  });
  const { Id } = JSON.parse(made) as { Id: string };
  await engineDo(host, 'POST', `/containers/${Id}/start`);
  return bridges().find((name) => !before.includes(name)) ?? '';
}
