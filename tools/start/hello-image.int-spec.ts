import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { dockerAt } from './docker-client.mjs';
import { freePorts, portsInUse } from './free-ports.mjs';
import { ensureHelloImages, HELLO_IMAGES } from './hello-image.mjs';

const docker = dockerAt(process.env['NEBULA_TEST_DOCKER_HOST'] ?? '');
const name = `hello-image-${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  await ensureHelloImages(docker);
}, 60_000);

afterAll(async () => {
  await docker.getContainer(name).remove({ force: true });
});

describe('the image of the example app', () => {
  it('is not made again while both versions are there', async () => {
    expect(await ensureHelloImages(docker)).toBe(false);
  });

  it('has two versions that share every layer', async () => {
    const [first, second] = await Promise.all(
      Object.values(HELLO_IMAGES).map((image) => docker.getImage(image).inspect()),
    );
    expect(second?.RootFS.Layers).toEqual(first?.RootFS.Layers);
    expect(second?.Id).not.toBe(first?.Id);
  });

  it('answers with all that its environment says, and stops at once', async () => {
    const port = await freePorts(18_400, 1, await portsInUse(docker));
    const container = await docker.createContainer({
      name,
      Image: HELLO_IMAGES.second,
      Env: ['NEBULA_APP_NAME=shop', 'NEBULA_REPLICA=7', 'GREETING=Hi'],
      HostConfig: { PortBindings: { '8080/tcp': [{ HostPort: String(port) }] } },
    });
    await container.start();
    let answer = '';
    for (const deadline = Date.now() + 20_000; !answer && Date.now() < deadline; ) {
      answer = await fetch(`http://127.0.0.1:${port}`).then(
        (response) => response.text(),
        () => '',
      );
    }
    expect(answer).toBe('Hi from shop, version 2, replica 7\n');
    expect(await (await portsInUse(docker))(port)).toBe(true);

    await container.stop({ t: 60 });
    // 137 would be the kill after the time is over.
    expect((await container.inspect()).State.ExitCode).toBe(0);
  }, 60_000);
});
