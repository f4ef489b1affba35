import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FILE_KEYS } from '@nebula/configuration';
import { StartError } from '@nebula/lifecycle';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadWorkerConfiguration, WORKER_KEYS } from './configuration.js';
import { imageOptions } from './image-keys.js';
import { workerHelp } from './help.js';
import { workerLabels } from './worker-labels.js';
import { workerPolicy } from './worker-policy.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-configuration-'));
  file = join(folder, 'conf.json');
  await writeFile(file, '{}');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const WHOLE = {
  APP_NAME: 'shop, shop-lb',
  RABBIT_HOST: 'rabbit',
  RABBIT_USER: 'nebula-worker',
  RABBIT_PASSWORD: 'hunter2',
};

const load = (change: Record<string, string> = {}) =>
  loadWorkerConfiguration({ environment: { ...WHOLE, ...change }, file });

function problemsOf(change: Record<string, string>): readonly string[] {
  try {
    load(change);
  } catch (error) {
    if (error instanceof StartError) return error.problems;
    throw error;
  }
  return [];
}

const names = (count: number): string => Array.from({ length: count }, (_, index) => `a${index}`).join();

describe('the configuration of a worker', () => {
  it('has its apps, its broker and the local engine', () => {
    expect(load()).toMatchObject({
      app_name: ['shop', 'shop-lb'],
      rabbit_host: ['rabbit'],
      docker_host: 'unix:///var/run/docker.sock',
      report_interval_seconds: 60,
      ...{ rabbit_reconnect_max_seconds: 120, rabbit_reconnect_spread_seconds: 10 },
    });
  });

  it('takes as many apps as a heartbeat can name', () => {
    expect(load({ APP_NAME: names(8_000) }).app_name).toHaveLength(8_000);
  });

  it.each(Object.keys(WORKER_KEYS))('shows no password of an address that is given as %s', (name) => {
    // A comma and a "/" cut it in pieces where a list or a path is expected.
    for (const address of [
      'amqp://u:qvxz@box:5672/a b',
      'amqp://u:qv,xz@box',
      'amqp://u:qv/xz@',
      'http://qvxz@box',
    ])
      expect(problemsOf({ [name.toUpperCase()]: address }).join()).not.toMatch(/qv|xz/);
  });

  it.each<[string, Record<string, string>, RegExp[]]>([
    ['no app', { APP_NAME: '' }, [/^app_name is missing: set APP_NAME/]],
    ['an empty list', { APP_NAME: ' , ' }, [/^APP_NAME names no app/]],
    ['a URL as node of RabbitMQ', { RABBIT_HOST: 'amqp://u:hunter3@rabbit' }, [/^rabbit_host holds "\/"/]],
    ['names that no app can have', { APP_NAME: 'shop,a b,/x' }, [/^APP_NAME: "a b" /, /^APP_NAME: "\/x" /]],
    [
      'more apps than a heartbeat can name',
      { APP_NAME: names(8_001) },
      [/^APP_NAME names 8001 apps, and a worker can have at most 8000$/],
    ],
    [
      'no address of an engine',
      { DOCKER_HOST: 'localhost' },
      [/^docker_host is "localhost" but must be unix:/],
    ],
    [
      'a password in the address of an engine',
      { DOCKER_HOST: 'http://u:hunter3@box' },
      [/^docker_host is "http:\/\/\[redacted\]@box" but must be unix:/],
    ],
    [
      'labels of another form',
      { WORKER_LABELS: 'zone,=x,a=1,a=2' },
      [/"zone" must be name=text/, /"=x" must have a name/, /"a=2" is given twice/],
    ],
    [
      'a policy that is no object',
      { WORKER_POLICY: 'deny' },
      [/^WORKER_POLICY is "deny" but must be one JSON object/],
    ],
    [
      'the rules of a policy',
      {
        WORKER_POLICY: JSON.stringify({
          ...{ bind: {}, privileged: 'no', images: ['a'], devices: { allowed: [] } },
          ...{ binds: { allow: ['srv', '/srv'], deny: '/etc' }, capabilities: { deny: ['NET ADMIN'] } },
        }),
      },
      [
        /^worker_policy has no rule "bind"; there are images, binds,/,
        /^worker_policy.privileged is "no" but must be true or false/,
        /^worker_policy.images is \["a"\] but must be an object with allow and deny/,
        /^worker_policy.devices has no "allowed"; there are allow and deny/,
        /^worker_policy.binds.allow: "srv" must be an absolute path without "\.\."/,
        /^worker_policy.binds.deny is "\/etc" but must be a list of texts/,
        /^worker_policy.capabilities.deny: "NET ADMIN" must be the name of a capability/,
      ],
    ],
    [
      'a user of a registry without a password',
      { REGISTRY_AUTH_USER: 'me' },
      [/^registry_auth_password is missing/],
    ],
    [
      'a password of nobody',
      { REGISTRY_AUTH_PASSWORD: 'hunter3' },
      [/^registry_auth_user is missing: [^3]*$/],
    ],
    [
      'no name of a registry',
      { REGISTRY_HOST: 'https://me:hunter3@registry' },
      [/^registry_host is not a registry's name [^3]*$/],
    ],
    [
      'percents the wrong way round',
      { IMAGE_GC_HIGH_PERCENT: '70' },
      [/^image_gc_low_percent is 80 but must be below image_gc_high_percent, which is 70$/],
    ],
    [
      'an interval of nothing',
      { REPORT_INTERVAL_SECONDS: '0' },
      [/^REPORT_INTERVAL_SECONDS is "0" but must be/],
    ],
  ])('says what is wrong with %s', (_what, change, messages) => {
    expect(problemsOf(change)).toEqual(messages.map((message) => expect.stringMatching(message)));
  });

  it('removes no image by itself when the upper percent is 0', () => {
    const gc = { high_percent: 85, low_percent: 80 };
    expect(imageOptions(load())).toMatchObject({ gc });
    expect(imageOptions(load({ IMAGE_GC_HIGH_PERCENT: '0' }))).not.toHaveProperty('gc');
  });

  it('has the credentials of a registry, and where those of Docker are', () => {
    const given = {
      ...{
        REGISTRY_HOST: 'registry.example:5000',
        REGISTRY_AUTH_USER: 'me',
        REGISTRY_AUTH_PASSWORD: 'hunter5',
      },
      DOCKER_CONFIG: '/etc/docker-of-me',
    };
    expect(imageOptions(load(given)).credentials).toEqual({
      registry_host: 'registry.example:5000',
      registry_auth_user: 'me',
      registry_auth_password: 'hunter5',
      docker_config: '/etc/docker-of-me',
    });
    const none = { registry_host: '', registry_auth_user: '', registry_auth_password: '', docker_config: '' };
    expect(imageOptions(load()).credentials).toEqual(none);
  });

  it('knows nothing of a database, be its credentials in the environment or in the file', async () => {
    expect(workerHelp()).not.toMatch(/mongo|sqlite/i);
    await writeFile(file, JSON.stringify({ mongo_url: 'mongodb://u:hunter3@db/' }));
    const configuration = load({ MONGO_URL: 'mongodb://u:hunter4@db/', SQLITE_FILE: 'x.db' });
    expect(Object.keys(configuration).sort()).toEqual(Object.keys(WORKER_KEYS).sort());
    expect(JSON.stringify(configuration)).not.toMatch(/mongodb|hunter[34]/);
  });

  it('may stand in one file with the keys of all other programs, which know its own', async () => {
    // APP_NAME stands in the environment alone.
    expect([...FILE_KEYS, 'app_name']).toEqual(expect.arrayContaining(Object.keys(WORKER_KEYS)));
    const others = FILE_KEYS.filter((key) => !(key in WORKER_KEYS)).map((key) => [key, 'x']);
    await writeFile(file, JSON.stringify(Object.fromEntries(others)));
    expect(load().rabbit_host).toEqual(['rabbit']);
  });

  it('takes a policy as an object of the file or as text in the environment', async () => {
    const worker_policy = { privileged: false, binds: { allow: ['/srv'] } };
    expect(load().worker_policy).toEqual({});
    expect(load({ WORKER_POLICY: JSON.stringify(worker_policy) })).toMatchObject({ worker_policy });
    await writeFile(file, JSON.stringify({ worker_policy }));
    expect(load()).toMatchObject({ worker_policy });
    expect(workerPolicy(worker_policy, 'unix:///opt/docker.sock')).toEqual({
      ...worker_policy,
      sockets: ['/opt/docker.sock'],
    });
  });

  it('has labels with any value', () => {
    expect(workerLabels(load({ WORKER_LABELS: 'zone=eu-1,note=a=b,empty=' }).worker_labels)).toEqual({
      zone: 'eu-1',
      note: 'a=b',
      empty: '',
    });
  });
});
