import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { dockerAt } from './docker-client.mjs';
import { ensureHelloImages, HELLO_IMAGES } from './hello-image.mjs';
import { ownThings, removeThings } from './own-things.mjs';

const docker = dockerAt(process.env['NEBULA_TEST_DOCKER_HOST'] ?? '');
const scope = `own-${randomBytes(4).toString('hex')}`;
const other = `${scope}-other`;

async function container(name: string, ofScope: string, network: string): Promise<string> {
  const { id } = await docker.createContainer({
    name,
    Image: HELLO_IMAGES.first,
    Labels: { 'nebula.scope': ofScope, 'nebula.app': 'shop' },
    HostConfig: { NetworkMode: network, RestartPolicy: { Name: 'always' } },
  });
  await docker.getContainer(id).start();
  return id;
}

beforeAll(async () => {
  await ensureHelloImages(docker);
  for (const name of [scope, other]) {
    await docker.createNetwork({ Name: name, Labels: { 'nebula.scope': name } });
  }
}, 60_000);

afterAll(async () => {
  for (const name of [scope, other]) {
    await removeThings(docker, await ownThings(docker, name), () => undefined);
  }
}, 60_000);

describe('what the worker of one scope has made', () => {
  it('is named and removed, and that of another scope is not', async () => {
    await container(`${scope}-2`, scope, scope);
    await container(`${scope}-10`, scope, scope);
    const foreign = await container(`${other}-1`, other, other);

    const things = await ownThings(docker, scope);
    expect(things.containers).toMatchObject([
      { name: `${scope}-2`, app: 'shop', image: HELLO_IMAGES.first, state: 'running' },
      { name: `${scope}-10`, app: 'shop', image: HELLO_IMAGES.first, state: 'running' },
    ]);
    expect(things.networks).toMatchObject([{ name: scope }]);

    const steps: number[] = [];
    expect(await removeThings(docker, things, (removed) => steps.push(removed))).toEqual([]);
    expect(steps).toEqual([1, 2, 3]);
    expect(await ownThings(docker, scope)).toEqual({ containers: [], networks: [] });
    expect((await docker.getContainer(foreign).inspect()).State.Running).toBe(true);
  }, 60_000);

  it('counts as removed when it was gone already', async () => {
    const id = await container(`${scope}-3`, scope, 'none');
    const things = await ownThings(docker, scope);
    await docker.getContainer(id).remove({ force: true });
    expect(await removeThings(docker, things, () => undefined)).toEqual([]);
  }, 60_000);

  it('is reported when it can not be removed', async () => {
    await docker.createNetwork({ Name: `${scope}-used`, Labels: { 'nebula.scope': scope } });
    const guest = await container(`${other}-2`, other, `${scope}-used`);
    const problems = await removeThings(docker, await ownThings(docker, scope), () => undefined);
    expect(problems).toEqual([expect.stringMatching(`^network ${scope}-used: .*active endpoints`)]);
    await docker.getContainer(guest).remove({ force: true });
  }, 60_000);
});
