import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { loadApiConfiguration } from '../../apps/api/src/program/configuration.js';
import { readRegions, type RegionConfiguration } from '../../apps/api/src/program/regions.js';
import { loadSetupConfiguration } from '../../apps/api/src/program/setup-configuration.js';
import { loadWorkerConfiguration } from '../../apps/worker/src/program/configuration.js';
import { rabbitConnection } from '../../libs/configuration/src/rabbit-connection.js';
import { secret } from '../../tools/test/known-secrets.mjs';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { CHART, HelmChart, KUBERNETES, set, valuesFile } from './testing/helm-chart.js';
import { Kubectl } from './testing/kubectl.js';
import { type Manifest, manifestsIn, only, podOf, schemaProblems } from './testing/manifests.js';
import { environmentOf, secretsIn } from './testing/pod-environment.js';
import { mountSecrets } from './testing/pod-files.js';

/** Helm is built in minutes, where it is not there yet. */
const BUILD_LIMIT = 900_000;
const FILE = 'regions-values.yaml';
const PAGE = 'deploy/helm/nebula/README.md';

const [AUTHORITY = ''] = rootCertificates;

const password = (text: string) => secret(`ch4rt-${text}`);
const PASSWORDS = {
  all: { RABBIT_PASSWORD: password('api'), RABBIT_WORKER_PASSWORD: password('worker') },
  us: { RABBIT_PASSWORD: password('api-us'), RABBIT_WORKER_PASSWORD: password('worker-us') },
};
/** The Secrets that are there already. */
const THERE = new Map<string, Record<string, string>>([
  [
    'nebula-api',
    {
      ...{ MONGO_URL: 'mongodb://db.example/', RABBIT_PASSWORD: PASSWORDS.all.RABBIT_PASSWORD },
      AUTH_TOKEN: password('0123456789abcdef0123456789abcdef'),
    },
  ],
  ['nebula-worker', { RABBIT_PASSWORD: PASSWORDS.all.RABBIT_WORKER_PASSWORD }],
  ['nebula-setup', { ...PASSWORDS.all, RABBIT_ADMIN_PASSWORD: password('admin') }],
  ['nebula-us', { ...PASSWORDS.us, RABBIT_ADMIN_PASSWORD: password('admin-us') }],
  ['rabbit-tls', { 'ca.crt': AUTHORITY }],
]);
/** Makes a release one of which each region has a Secret of its own, and none serves all. */
const ALL_THEIR_OWN = [
  ...['rabbit.regions.default.secretName=nebula-us', 'setupBroker.secret.existingName='],
  ...['api.secret.existingName=', 'api.secret.mongoUrl=mongodb://db.example/'],
  `api.secret.authToken=${password('0123456789abcdef0123456789abcdef')}`,
];

const blocks = new DocumentBlocks(import.meta.filename);
let chart: HelmChart;
let kubectl: Kubectl;

beforeAll(async () => {
  chart = await HelmChart.prepare();
  kubectl = await Kubectl.prepare(chart.folder);
}, BUILD_LIMIT);

afterAll(async () => await chart.end());

const made = async (values: readonly string[] = []) =>
  manifestsIn(await chart.template([...valuesFile(FILE), ...set(values)]));

/** What a program is started with in its pod: its environment with a file of its configuration that is empty. */
async function started(manifests: readonly Manifest[], kind: string, name: string) {
  const root = await mkdtemp(join(chart.folder, 'pod-'));
  const file = join(root, 'conf.json');
  await writeFile(file, '{}');
  const pod = podOf(only(manifests, kind, `fleet-nebula-${name}`));
  const secrets = new Map([...THERE, ...secretsIn(manifests)]);
  if (kind !== 'DaemonSet') await mountSecrets(pod, secrets, root);
  const environment = Object.fromEntries(
    Object.entries(environmentOf(pod, secrets)).map(([variable, value]) => [
      variable,
      value.replaceAll('/etc/nebula/', `${root}/etc/nebula/`),
    ]),
  );
  return { root, sources: { environment, file } };
}

async function apiRegions(manifests: readonly Manifest[]): Promise<RegionConfiguration[]> {
  const { sources } = await started(manifests, 'Deployment', 'api');
  const { regions, problems } = readRegions(loadApiConfiguration(sources));
  expect(problems).toEqual([]);
  return regions;
}

async function setUpRegions(manifests: readonly Manifest[]): Promise<RegionConfiguration[]> {
  return loadSetupConfiguration((await started(manifests, 'Job', 'setup-broker')).sources);
}

describe('a release with two regions', () => {
  it('has apis that know both brokers, each with its own password and its own files for TLS', async () => {
    const regions = await apiRegions(await made());
    expect(regions).toMatchObject([
      {
        ...{ region: 'default', rabbit_host: ['rabbit-1.example', 'rabbit-2.example'], rabbit_port: 5672 },
        ...{ rabbit_vhost: 'nebula', rabbit_user: 'nebula-api', rabbit_ssl: false },
        rabbit_password: PASSWORDS.all.RABBIT_PASSWORD,
      },
      {
        ...{ region: 'us', rabbit_host: ['rabbit.us.example'], rabbit_port: 5671 },
        ...{ rabbit_vhost: 'nebula', rabbit_user: 'nebula-api', rabbit_ssl: true },
        rabbit_password: PASSWORDS.us.RABBIT_PASSWORD,
      },
    ]);
    expect(regions.map((region) => rabbitConnection(region).ssl)).toEqual([
      undefined,
      { ca: AUTHORITY, verify: true },
    ]);
    // Nobody has asked them to keep a broker: what an administrator may is for the set-up alone.
    expect(regions.map((region) => [region.rabbit_admin_user, region.rabbit_admin_password])).toEqual([
      ['', ''],
      ['', ''],
    ]);
  });

  it('has TLS the other way round', async () => {
    const regions = await apiRegions(
      await made(['rabbit.tls.enabled=true', 'rabbit.port=5671', 'rabbit.regions.us.rabbit_ssl=false']),
    );
    expect(regions.map((region) => rabbitConnection(region).ssl)).toEqual([
      { ca: AUTHORITY, verify: true },
      undefined,
    ]);
  });

  it('refuses certificates that are not right as all do, unless a region says otherwise', async () => {
    const verified = async (values: readonly string[]) => {
      const [, us] = (await apiRegions(await made(values))).map((region) => rabbitConnection(region).ssl);
      return us?.verify;
    };
    expect(await verified(['rabbit.tls.verify=false'])).toBe(false);
    const own = (value: boolean) => `rabbit.regions.us.rabbit_ssl_verify=${value}`;
    expect(await verified(['rabbit.tls.verify=false', own(true)])).toBe(true);
    expect(await verified([own(false)])).toBe(false);
  });

  it('may name a node twice, as the api takes it', async () => {
    const hosts = ['rabbit.us.example', 'rabbit.us.example'];
    const [, us] = await apiRegions(await made([`rabbit.regions.us.rabbit_host={${hosts.join(',')}}`]));
    expect(us?.rabbit_host).toEqual(hosts);
  });

  it('has both brokers set up by one Job, each by its administrator', async () => {
    expect(await setUpRegions(await made())).toMatchObject([
      {
        ...{ region: 'default', rabbit_management_url: 'http://rabbit-1.example:15672' },
        ...{ rabbit_admin_user: 'admin', rabbit_admin_password: password('admin') },
        ...{ rabbit_worker_user: 'nebula-worker', report_interval_seconds: 60 },
        rabbit_password: PASSWORDS.all.RABBIT_PASSWORD,
        rabbit_worker_password: PASSWORDS.all.RABBIT_WORKER_PASSWORD,
      },
      {
        ...{ region: 'us', rabbit_management_url: 'https://rabbit.us.example:15671' },
        ...{ rabbit_admin_user: 'keeper', rabbit_admin_password: password('admin-us') },
        ...{ rabbit_worker_user: 'nebula-worker', report_interval_seconds: 60 },
        rabbit_password: PASSWORDS.us.RABBIT_PASSWORD,
        rabbit_worker_password: PASSWORDS.us.RABBIT_WORKER_PASSWORD,
      },
    ]);
  });

  it('has workers of one broker, which know nothing of the others', async () => {
    const manifests = await made();
    const { sources } = await started(manifests, 'DaemonSet', 'worker');
    expect(loadWorkerConfiguration(sources)).toMatchObject({
      ...{ rabbit_host: ['rabbit-1.example', 'rabbit-2.example'], rabbit_ssl: false },
    });
    expect(JSON.stringify(only(manifests, 'DaemonSet', 'fleet-nebula-worker'))).not.toMatch(
      /REGIONS|nebula-us|rabbit\.us|rabbit-tls/,
    );
  });

  it('has apis that keep both brokers, where these are told to', async () => {
    const [, us] = await apiRegions(await made(['api.config.rabbit_admin_user=admin']));
    expect(us).toMatchObject({
      ...{ rabbit_admin_user: 'keeper', rabbit_admin_password: password('admin-us') },
      rabbit_worker_password: PASSWORDS.us.RABBIT_WORKER_PASSWORD,
    });
  });

  it('needs no password for all where each region has its own, nor nodes where no worker is installed', async () => {
    const hosts = ['rabbit.regions.default.rabbit_host={rabbit-1.example}', 'rabbit.hosts=null'];
    const manifests = await made([...ALL_THEIR_OWN, ...hosts, 'worker.enabled=false']);
    const passwords = Array.from({ length: 2 }, () => PASSWORDS.us.RABBIT_PASSWORD);
    for (const regions of [await apiRegions(manifests), await setUpRegions(manifests)])
      expect(regions.map(({ rabbit_password }) => rabbit_password)).toEqual(passwords);
    expect(manifests.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)).toEqual([
      'fleet-nebula-api',
    ]);
  });

  it('is made by the values of the page, with the Secret that the page makes', async () => {
    const values = join(chart.folder, 'regions-values.yaml');
    await writeFile(values, blocks.take(PAGE, 'Several regions', 1).text);
    const one = valuesFile('existing-secrets-values.yaml');
    const manifests = manifestsIn(await chart.template([...one, '--values', values]));
    expect(manifests.flatMap(schemaProblems)).toEqual([]);
    const regions = /"RABBIT_REGIONS","value":("(?:[^"\\]|\\.)+")/.exec(JSON.stringify(manifests))?.[1];
    expect(JSON.parse(JSON.parse(regions ?? '""') as string)).toMatchObject({
      default: {},
      us: { rabbit_host: ['rabbit.us.example'], rabbit_port: 5671, rabbit_ssl: true },
    });
    const [make] = blocks.take(PAGE, 'Several regions').exactly(1);
    const [ofUs, ...more] = secretsIn([await kubectl.made(make)]);
    expect([ofUs?.[0], more]).toEqual(['nebula-us', []]);
    const setup = podOf(only(manifests, 'Job', 'fleet-nebula-setup-broker'));
    const keys = [...JSON.stringify(setup.volumes).matchAll(/"key":"(RABBIT_\w+)"/g)].map(([, key]) => key);
    expect(keys.sort()).toEqual(Object.keys(ofUs?.[1] ?? {}).sort());
  });
});

describe('regions that are wrong', () => {
  it.each<[string[], RegExp]>([
    [['us.rabbit_prot=1'], /rabbit\/regions\/us.*additional properties 'rabbit_prot' not allowed/],
    [
      ['us.rabbit_password=hunter2'],
      /rabbit\/regions\/us.*additional properties 'rabbit_password' not allowed/,
    ],
    [['us.rabbit_port=0'], /rabbit\/regions\/us\/rabbit_port.*minimum: got 0, want 1/],
    [
      ['a b.rabbit_host={other}'],
      /- rabbit\.regions has the name "a b", which must be 1 to 63 letters, digits/,
    ],
    [['us.rabbit_host=rabbit'], /rabbit\/regions\/us\/rabbit_host.*got string, want array/],
    [
      ['us.rabbit_host={rabbit-2.example}', 'us.rabbit_port=5672'],
      /- rabbit\.regions: default and us have a node and virtual host in common/,
    ],
    [
      ['us.rabbit_host={RABBIT-2.Example:05672}'],
      /- rabbit\.regions: default and us have a node and virtual host in common/,
    ],
    [
      ['default.rabbit_host={[2001:DB8::1]:5671}', 'us.rabbit_host={[2001:db8::1]}'],
      /- rabbit\.regions: default and us have a node and virtual host in common/,
    ],
    [
      ['us.rabbit_host={amqp://u:hunter2@rabbit}'],
      /- rabbit\.regions\.us\.rabbit_host\[0\] must be a name or an address of a node/,
    ],
    [
      ['us.rabbit_management_url='],
      /- rabbit\.regions: default and us have the same rabbit_management_url; each needs that of its own/,
    ],
    [
      ['us.rabbit_management_url=http://a:hunter2@rabbit:15672'],
      /- rabbit\.regions\.us\.rabbit_management_url must be an address like .*, without user and password/,
    ],
  ])('%j are refused, and it is said where and why', async (regions, message) => {
    expect(await refused(regions.map((value) => `rabbit.regions.${value}`))).toMatch(message);
  });

  it.each<[string[], RegExp]>([
    [
      ['rabbit.hosts=null', 'worker.enabled=false'],
      /- rabbit\.regions\.default\.rabbit_host is missing: name the nodes of its RabbitMQ, .*or set rabbit\.hosts/,
    ],
    [['rabbit.hosts=null'], /- rabbit\.hosts is empty/],
    [['setupBroker.managementUrl='], /- rabbit\.regions\.default\.rabbit_management_url is missing: set it/],
    [
      ['setupBroker.adminUser='],
      /- rabbit\.regions\.default\.rabbit_admin_user is missing: .*or setupBroker\.adminUser for all regions/,
    ],
    [
      [
        ...['setupBroker.enabled=false', 'api.config.rabbit_admin_user=admin'],
        'rabbit.regions.us.rabbit_management_url=',
      ],
      /- rabbit\.regions: default and us have the same rabbit_management_url; each needs that of its own/,
    ],
    [['setupBroker.secret.existingName='], /- setupBroker\.secret: set adminPassword/],
    [
      ['rabbit.regions.us.rabbit_ssl=false'],
      /- rabbit\.tls\.secretName is set but rabbit\.tls\.enabled is not/,
    ],
  ])('what %j lack is said', async (values, message) => {
    expect(await refused(values)).toMatch(message);
  });

  async function refused(values: readonly string[]): Promise<string> {
    const args = ['template', 'fleet', CHART, ...KUBERNETES, ...valuesFile(FILE), ...set(values)];
    const { code, output } = await chart.helm(args);
    expect(code).not.toBe(0);
    expect(output).not.toContain('hunter2');
    return output.replaceAll('\n', ' ');
  }
});

it('no block of the pages is left', () => expect(blocks.left).toEqual([]));
