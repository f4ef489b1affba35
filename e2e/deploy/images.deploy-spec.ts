import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Docker from 'dockerode';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildNebulaImage, type ImageName } from '../../tools/services/nebula-images.mjs';
import { searchForSecrets, secret } from '../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { EngineView } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const LABEL = `of-images=${randomBytes(4).toString('hex')}`;
const LIMIT = 120_000;
/** Images are built from the sources, with all that they need from the package registry. */
const BUILD_LIMIT = 1_200_000;
const SECOND = 1_000_000_000;
/** Of the images: nobody in particular. */
const USER = '65532:65532';

const { docker } = new EngineView(ENGINE);
const images = {} as Record<ImageName, string>;

beforeAll(async () => {
  for (const name of ['api', 'worker', 'nebulactl'] as const)
    images[name] = await buildNebulaImage(ENGINE, name);
}, BUILD_LIMIT);

afterAll(async () => {
  for (const { Id } of await docker.listContainers({ all: true, filters: { label: [LABEL] } }))
    await docker.getContainer(Id).remove({ force: true, v: true });
}, LIMIT);

/** Starts a container without a network and with nothing to write to but its volumes. */
async function start(name: ImageName, options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  const [label = '', value = ''] = LABEL.split('=');
  const container = await docker.createContainer({
    ...{ Image: images[name], Labels: { [label]: value }, ...options },
    HostConfig: { NetworkMode: 'none', ReadonlyRootfs: true, CapDrop: ['ALL'] },
  });
  await container.start();
  return container;
}

/** All that a container has said. */
async function log(container: Docker.Container): Promise<string> {
  const text = (await container.logs({ stdout: true, stderr: true })).toString();
  searchForSecrets(text, 'the log of a container');
  return text;
}

describe('the image', () => {
  it.each<[ImageName, object]>([
    [
      'api',
      {
        ...{ User: USER, Entrypoint: ['node', '/nebula/nebula-api.mjs'], ExposedPorts: { '8000/tcp': {} } },
        Healthcheck: { Test: ['CMD', 'node', '/nebula/healthcheck.mjs', 'API'] },
      },
    ],
    [
      // The group that may use the socket of an engine is another number on every server.
      'worker',
      {
        ...{ User: '', Entrypoint: ['node', '/nebula/nebula-worker.mjs'], Volumes: { '/state': {} } },
        Healthcheck: { Test: ['CMD', 'node', '/nebula/healthcheck.mjs', 'WORKER'] },
      },
    ],
    [
      'nebulactl',
      {
        ...{ User: USER, Entrypoint: ['node', '/nebula/nebulactl.mjs'] },
        Healthcheck: { Test: ['NONE'] },
      },
    ],
  ])('of %s says what it is, who runs it and how it is asked for its health', async (name, expected) => {
    const { Config } = await docker.getImage(images[name]).inspect();
    expect(Config).toMatchObject(expected);
    const file = await readFile(join(REPOSITORY, 'package.json'), 'utf8');
    const { version, license } = JSON.parse(file) as { version: string; license: string };
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': name === 'nebulactl' ? name : `nebula-${name}`,
      'org.opencontainers.image.description': expect.stringMatching(/^The .*\.$/),
      'org.opencontainers.image.licenses': license,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': '',
    });
  });

  it('of the command line runs a command as nobody in particular, with nothing to write to', async () => {
    const container = await start('nebulactl', { Cmd: ['--version'] });
    expect(await container.wait()).toMatchObject({ StatusCode: 0 });
    expect(await log(container)).toMatch(/^\S*3\.0\.0\s*$/m);
  });
});

describe('the health of a container', () => {
  const RABBIT = [
    ...['RABBIT_HOST=127.0.0.1:1', 'RABBIT_USER=nobody'],
    `RABBIT_PASSWORD=${secret('of-an-unreached-broker')}`,
  ];

  it.each<[ImageName & ('api' | 'worker'), Docker.ContainerCreateOptions, missing: string[]]>([
    [
      'api',
      {
        Env: [
          ...[...RABBIT, 'MONGO_URL=mongodb://127.0.0.1:1/', 'BASIC_AUTH_USER=admin'],
          `BASIC_AUTH_PASSWORD=${secret('of-the-api-in-an-image')}`,
        ],
      },
      ['store', 'feed default'],
    ],
    ['worker', { User: USER, Env: [...RABBIT, 'APP_NAME=shop'] }, ['docker', 'rabbitmq']],
  ])(
    'of the %s is well while all around it is away, which /readyz tells, and not while it hangs',
    async (name, options, missing) => {
      // The image's own check, more often.
      const Healthcheck = {
        Test: [],
        Interval: SECOND,
        Timeout: 5 * SECOND,
        Retries: 1,
        StartPeriod: SECOND,
      };
      const container = await start(name, { ...options, Healthcheck });
      const state = async () => (await container.inspect()).State;
      const becomes = async (status: string, said: string) =>
        await eventually(async () => {
          const { Health } = await state();
          expect([Health?.Status, Health?.Log.at(-1)?.Output]).toEqual([status, `${said}\n`]);
        }, LIMIT);
      await becomes('healthy', '/healthz answers 200');
      expect(await readyz(container, name)).toEqual({ code: 503, missing: expect.arrayContaining(missing) });

      const { Pid } = await state();
      process.kill(Pid, 'SIGSTOP');
      try {
        await becomes('unhealthy', '/healthz: nothing answers within 4 s');
      } finally {
        process.kill(Pid, 'SIGCONT');
      }
      await becomes('healthy', '/healthz answers 200');
      // Nobody has started it again.
      expect(await state()).toMatchObject({ Pid, Running: true });
      await log(container);
      await container.stop();
      expect(await state()).toMatchObject({ ExitCode: 0 });
    },
    2 * LIMIT,
  );

  /** What a program tells inside its container, where alone it can be reached. */
  async function readyz(container: Docker.Container, name: 'api' | 'worker') {
    const ask = `fetch('http://127.0.0.1:${name === 'api' ? 8000 : 8001}/readyz')
      .then(async (answer) => console.log(JSON.stringify({ code: answer.status, ...(await answer.json()) })))`;
    const call = await container.exec({ Cmd: ['node', '-e', ask], AttachStdout: true, Tty: true });
    let text = '';
    for await (const part of await call.start({ Tty: true })) text += String(part);
    const { code, checks } = JSON.parse(text) as {
      code: number;
      checks: { name: string; problem: string | null }[];
    };
    return { code, missing: checks.filter(({ problem }) => problem !== null).map((check) => check.name) };
  }
});
