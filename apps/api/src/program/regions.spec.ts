import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StartError } from '@nebula/lifecycle';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { adapters } from './adapters.js';
import { loadApiConfiguration } from './configuration.js';
import { readRegions } from './regions.js';
import { loadSetupConfiguration } from './setup-configuration.js';

const PASSWORD = secret('reg10n-Password');
const MONGO = { MONGO_URL: 'mongodb://db/' };
const SHARED = { RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: PASSWORD, RABBIT_VHOST: 'nebula' };
const EU_US = { eu: { rabbit_host: 'rabbit.eu' }, us: { rabbit_host: ['rabbit.us'], rabbit_vhost: 'other' } };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-regions-'));
  file = join(folder, 'conf.json');
  await writeFile(file, '{}');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const environment = (rabbit_regions: object, more: Record<string, string> = SHARED) => ({
  ...{ ...MONGO, ...more },
  RABBIT_REGIONS: JSON.stringify(rabbit_regions),
});
const load = (rabbit_regions: object, more?: Record<string, string>) =>
  loadApiConfiguration({ environment: environment(rabbit_regions, more), file });

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof StartError) return error.problems;
    throw error;
  }
  return [];
}

describe('rabbit_regions', () => {
  it('gives each region what is set for all, but for its own', () => {
    expect(readRegions(load(EU_US)).regions).toMatchObject([
      { region: 'eu', rabbit_host: ['rabbit.eu'], rabbit_vhost: 'nebula', rabbit_user: 'nebula-api' },
      { region: 'us', rabbit_host: ['rabbit.us'], rabbit_vhost: 'other', rabbit_password: PASSWORD },
    ]);
  });

  it('can stand in the file', async () => {
    await writeFile(file, JSON.stringify({ rabbit_regions: EU_US }));
    const configuration = loadApiConfiguration({ environment: { ...MONGO, ...SHARED }, file });
    expect(readRegions(configuration).regions.map(({ region }) => region)).toEqual(['eu', 'us']);
  });

  it('may have each secret in a file of its own, in place of the one for all regions', async () => {
    const path = join(folder, 'us-password');
    await writeFile(path, `${secret('reg10n-in-a-File')}\n`);
    const us = { ...EU_US.us, rabbit_password_file: path };
    const { regions, problems } = readRegions(load({ ...EU_US, us }));
    expect(problems).toEqual([]);
    expect(regions.map(({ rabbit_password }) => rabbit_password)).toEqual([PASSWORD, 'reg10n-in-a-File']);
  });

  it('has a feed in each, and takes reports of all', async () => {
    const nowhere = { eu: { rabbit_host: '127.0.0.1:1' }, us: { rabbit_host: '127.0.0.1:2' } };
    const { feeds, reports, close } = adapters(load(nowhere));
    expect(feeds.map(({ region }) => region)).toEqual(['eu', 'us']);
    expect(reports?.parts?.map(({ region }) => region)).toEqual(['eu', 'us']);
    await close();
  });

  it.each<[string, object, Record<string, string>, string[]]>([
    [
      'what each region needs',
      { eu: {}, us: { rabbit_host: 'rabbit.us', rabbit_user: 'api', rabbit_password: PASSWORD } },
      {},
      ['rabbit_host', 'rabbit_user', 'rabbit_password'].map(
        (key) => `rabbit_regions.eu.${key} is missing: set it there, or ${key} for all regions`,
      ),
    ],
    [
      'a key that is none',
      { eu: { rabbit_hosts: 'rabbit.eu' }, us: { rabbit_host: 'rabbit.us' } },
      { ...SHARED, RABBIT_HOST: 'rabbit' },
      ['rabbit_regions.eu has no key "rabbit_hosts"; did you mean "rabbit_host"?'],
    ],
    [
      'a value that is not allowed',
      { eu: { rabbit_host: 'rabbit.eu', rabbit_port: 0, rabbit_password: 1 } },
      SHARED,
      [
        'rabbit_regions.eu.rabbit_port must be a whole number, 1 to 65535 (port of RabbitMQ; 5671 is usual with rabbit_ssl)',
        'rabbit_regions.eu.rabbit_password must be text (password of that user)',
      ],
    ],
    [
      'a name that is none',
      { 'eu/1': { rabbit_host: 'rabbit.eu' } },
      SHARED,
      ['rabbit_regions has the name "eu/1", which must be 1 to 63 letters, digits, "_", "." and "-"'],
    ],
    [
      'a file of a secret that is not there',
      {
        eu: { rabbit_host: 'rabbit.eu', rabbit_password_file: '/none/eu' },
        us: { rabbit_host: 'rabbit.us' },
      },
      SHARED,
      ["rabbit_regions.eu.rabbit_password_file: /none/eu can't be read (ENOENT)"],
    ],
    [
      'a secret in place of the name of its file',
      {
        eu: { rabbit_host: 'rabbit.eu', rabbit_password_file: PASSWORD },
        us: { rabbit_host: 'rabbit.us', rabbit_admin_password_file: 7 },
      },
      SHARED,
      [
        'rabbit_regions.eu.rabbit_password_file must be the path of a file that can be read',
        'rabbit_regions.us.rabbit_admin_password_file must be the path of a file that can be read',
      ],
    ],
    [
      'a secret that is given twice',
      { eu: { rabbit_host: 'rabbit.eu', rabbit_password: PASSWORD, rabbit_password_file: '/none/eu' } },
      SHARED,
      [
        'rabbit_regions.eu.rabbit_password and rabbit_regions.eu.rabbit_password_file are both set; set one of them',
      ],
    ],
    [
      'a file of what is no secret',
      { eu: { rabbit_host: 'rabbit.eu', rabbit_vhost_file: '/none/eu' } },
      SHARED,
      ['rabbit_regions.eu has no key "rabbit_vhost_file"'],
    ],
    [
      'a region that is no object',
      { eu: 'rabbit.eu' },
      SHARED,
      ['rabbit_regions.eu must be an object with rabbit_* keys'],
    ],
    [
      'two regions on one broker',
      { eu: { rabbit_host: 'rabbit' }, us: { rabbit_host: ['other', 'rabbit'] } },
      SHARED,
      ['rabbit_regions: eu and us have a node and virtual host in common; each needs its own'],
    ],
  ])('says %s, without a secret', (_what, regions, more, problems) => {
    expect(problemsOf(() => load(regions, more))).toEqual(problems);
  });

  it.each([
    ['r1', 'r1:5672'],
    ['r1', 'R1'],
    ['r1', 'R1:05672'],
    ['::1', '[::1]:5672'],
    ['[::AB]', '::ab'],
    ['::1', '0:0:0:0:0:0:0:1'],
  ])('has one broker alone where two regions say %s and %s', (one, other) => {
    const regions = { eu: { rabbit_host: one }, us: { rabbit_host: ['r2', other] } };
    expect(problemsOf(() => load(regions))).toEqual([
      'rabbit_regions: eu and us have a node and virtual host in common; each needs its own',
    ]);
  });

  it.each([
    ['another port', 'r1', 'r1:5673', {}],
    ['another port, which is the usual one of TLS', 'r1', 'r1', { rabbit_port: 5671 }],
    ['another virtual host, told by its case alone', 'r1', 'r1', { rabbit_vhost: 'Nebula' }],
  ])('may have %s', (_what, one, other, more) => {
    const regions = { eu: { rabbit_host: one }, us: { rabbit_host: other, ...more } };
    expect(problemsOf(() => load(regions))).toEqual([]);
  });

  it('is what setup-broker sets up, each with its administrator', () => {
    const ADMIN = { RABBIT_ADMIN_USER: 'admin', RABBIT_WORKER_PASSWORD: PASSWORD };
    const setUp = (more: Record<string, string>, regions: object = EU_US) =>
      loadSetupConfiguration({ environment: environment(regions, { ...SHARED, ...ADMIN, ...more }), file });
    expect(problemsOf(() => setUp({}))).toEqual([
      'rabbit_regions.eu.rabbit_admin_password is missing: set it there, or rabbit_admin_password for all regions',
      'rabbit_regions.us.rabbit_admin_password is missing: set it there, or rabbit_admin_password for all regions',
    ]);
    const us = { ...EU_US.us, rabbit_worker_user: 'admin', rabbit_management_url: 'http://us' };
    expect(problemsOf(() => setUp({ RABBIT_ADMIN_PASSWORD: PASSWORD }, { ...EU_US, us }))).toEqual([
      'rabbit_regions.us: rabbit_worker_user and rabbit_admin_user are both "admin" but must be different: each has rights of its own',
    ]);
    expect(setUp({ RABBIT_ADMIN_PASSWORD: PASSWORD }).map(({ region }) => region)).toEqual(['eu', 'us']);
    const samePlugin = [
      'rabbit_regions: eu and us have the same rabbit_management_url; each needs that of its own broker',
    ];
    expect(
      problemsOf(() =>
        setUp({ RABBIT_ADMIN_PASSWORD: PASSWORD }, { eu: EU_US.eu, us: { rabbit_host: 'x' } }),
      ),
    ).toEqual(samePlugin);
    const eu = { ...EU_US.eu, rabbit_management_url: 'http://Plugin.example:80' };
    const beside = { rabbit_host: 'x', rabbit_management_url: 'HTTP://plugin.example/' };
    expect(problemsOf(() => setUp({ RABBIT_ADMIN_PASSWORD: PASSWORD }, { eu, us: beside }))).toEqual(
      samePlugin,
    );
  });

  describe('with an administrator for each', () => {
    const password = (text: string) => secret(`reg10n-${text}`);
    const region = (name: string, more: object = {}) => ({
      ...{ rabbit_host: `rabbit.${name}`, rabbit_management_url: `http://rabbit.${name}:15672` },
      ...{ rabbit_user: 'api', rabbit_password: password(`api-${name}`) },
      ...{ rabbit_worker_user: 'worker', rabbit_worker_password: password(`worker-${name}`) },
      ...{ rabbit_admin_user: 'admin', rabbit_admin_password: password(`admin-${name}`) },
      ...more,
    });
    const regions = (us: object) => ({ eu: region('eu'), us: region('us', us) });
    /** On the broker of the other region. */
    const beside = {
      ...{ rabbit_management_url: 'http://rabbit.eu:15672', rabbit_vhost: 'us' },
      ...{ rabbit_password: password('api-eu'), rabbit_worker_password: password('worker-eu') },
      rabbit_admin_password: password('admin-eu'),
    };
    const worker = { rabbit_user: 'other', rabbit_worker_user: 'api' };

    it.each<[what: string, us: object, problems: string[]]>([
      ['the same names with other passwords', {}, []],
      ['names of other roles with other passwords', worker, []],
      ['one broker with a virtual host each', beside, []],
      [
        'a worker of one that has the login of the api of the other',
        { ...worker, rabbit_worker_password: password('api-eu') },
        [
          'rabbit_regions: rabbit_user of eu and rabbit_worker_user of us are both "api" but must be different: a worker could do what only an api may',
        ],
      ],
      [
        'one broker, where a user has two roles',
        { ...beside, ...worker },
        [
          'rabbit_regions: rabbit_user of eu and rabbit_worker_user of us are both "api" but must be different: a worker could do what only an api may',
        ],
      ],
      [
        'one broker, where a user has two passwords',
        { ...beside, rabbit_password: password('another') },
        [
          'rabbit_regions: rabbit_user of eu and rabbit_user of us are both "api", on one broker, so they must have the same password',
        ],
      ],
    ])('%s: only what harms is refused', (_what, us, problems) => {
      expect(problemsOf(() => load(regions(us)))).toEqual(problems);
    });
  });
});
