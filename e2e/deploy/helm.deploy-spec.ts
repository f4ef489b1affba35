import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadApiConfiguration } from '../../apps/api/src/program/configuration.js';
import { loadSetupConfiguration } from '../../apps/api/src/program/setup-configuration.js';
import { loadWorkerConfiguration } from '../../apps/worker/src/program/configuration.js';
import { DocumentBlocks } from '../testing/document-blocks.js';
import { CHART, HelmChart, KUBERNETES, LEAST, set, valuesFile } from './testing/helm-chart.js';
import { Kubectl } from './testing/kubectl.js';
import { type Manifest, manifestsIn, only, podOf, schemaProblems } from './testing/manifests.js';
import { environmentOf, secretsIn } from './testing/pod-environment.js';

/** Helm is built in minutes, where it is not there yet. */
const BUILD_LIMIT = 900_000;

const blocks = new DocumentBlocks(import.meta.filename);

let chart: HelmChart;
let kubectl: Kubectl;

beforeAll(async () => {
  chart = await HelmChart.prepare();
  kubectl = await Kubectl.prepare(chart.folder);
}, BUILD_LIMIT);

afterAll(async () => await chart.end());

describe('the chart', () => {
  it('has no fault that Helm finds, with each file of values', async () => {
    const files = await readdir(join(CHART, 'ci'));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const { code, output } = await chart.helm([
        'lint',
        '--strict',
        CHART,
        ...KUBERNETES,
        ...valuesFile(file),
      ]);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('0 chart(s) failed') });
    }
  });

  it.each<[string, string[]]>([
    [
      'existing-secrets-values.yaml',
      [
        ...['DaemonSet', 'Deployment', 'HorizontalPodAutoscaler', 'Ingress', 'Job', 'NetworkPolicy'],
        ...['NetworkPolicy', 'PodDisruptionBudget', 'Service', 'ServiceAccount', 'ServiceAccount'],
      ],
    ],
    [
      'made-secrets-values.yaml',
      [
        ...['DaemonSet', 'Deployment', 'Job', 'NetworkPolicy', 'NetworkPolicy', 'PodDisruptionBudget'],
        ...['Secret', 'Secret', 'Secret', 'Service', 'ServiceAccount', 'ServiceAccount'],
      ],
    ],
    [
      'regions-values.yaml',
      [
        ...['DaemonSet', 'Deployment', 'Job', 'NetworkPolicy', 'NetworkPolicy', 'PodDisruptionBudget'],
        ...['Service', 'ServiceAccount', 'ServiceAccount'],
      ],
    ],
    ['api-alone-values.yaml', ['Deployment', 'Service']],
    ['workers-alone-values.yaml', ['DaemonSet', 'Secret']],
  ])('makes manifests that Kubernetes knows all fields of, with %s', async (file, kinds) => {
    const text = await chart.template(valuesFile(file));
    const manifests = manifestsIn(text);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(kinds);
    const { exitCode, stdout } = await execa(chart.checker, { input: text, reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${kinds.length} manifests` });
    expect(manifests.flatMap(schemaProblems)).toEqual([]);
    // The labels by which a Service, a policy and the like find their pods are those of the pods.
    for (const { kind, metadata } of manifests)
      expect({ kind, labels: metadata.labels }).toMatchObject({
        labels: { 'app.kubernetes.io/instance': 'fleet', 'app.kubernetes.io/name': 'nebula' },
      });
  });

  it('is installed by the commands and the values of its page, with the Secrets that the page makes', async () => {
    const page = 'deploy/helm/nebula/README.md';
    const typedAll = blocks.take(page, 'Install', 1).commands;
    const [command = ''] = typedAll.slice(-1);
    const making = typedAll.slice(0, -1);
    const [namespace, ...made] = await Promise.all(making.map((each) => kubectl.made(each)));
    const secrets = secretsIn(made);
    expect(made.map(({ metadata }) => metadata.namespace)).toEqual(made.map(() => namespace?.metadata.name));
    const [askForKeys] = blocks.take(page, 'Install', 2).exactly(1);
    const makesKeys = making.find((each) => each.includes(' nebula-api ')) ?? '';
    expect(await kubectl.shown(askForKeys, makesKeys)).toMatch(/^k1:\S{44}$/);

    const values = join(chart.folder, 'my-values.yaml');
    await writeFile(values, blocks.take(page, 'Install', 3).text);
    // The chart is rendered in place of installed.
    const typed = /^helm -n nebula install nebula deploy\/helm\/nebula --values my-values.yaml\s+(.+)$/.exec(
      command,
    );
    const options = (typed?.[1] ?? 'none').split(/\s+/);
    const manifests = manifestsIn(await chart.template(['--values', values, ...options], 'nebula'));
    expect(manifests.flatMap(schemaProblems)).toEqual([]);
    const none = join(chart.folder, 'conf.json');
    await writeFile(none, '{}');
    /** What a program is started with; every key of its Secret is in it under its name. */
    const given = (kind: string, name: string, secret: string) => {
      const environment = environmentOf(podOf(only(manifests, kind, name)), secrets);
      expect(environment).toMatchObject(secrets.get(secret) ?? { none: secret });
      return { environment, file: none };
    };
    loadApiConfiguration(given('Deployment', 'nebula-api', 'nebula-api'));
    loadSetupConfiguration(given('Job', 'nebula-setup-broker', 'nebula-setup'));
    expect(loadWorkerConfiguration(given('DaemonSet', 'nebula-worker', 'nebula-worker'))).toMatchObject({
      app_name: ['shop', 'shop-lb'],
      rabbit_host: ['rabbit-1.example', 'rabbit-2.example', 'rabbit-3.example'],
    });
  });

  it('would be found out with a field that Kubernetes does not know, or lacks', async () => {
    const text = await chart.template(valuesFile('api-alone-values.yaml'));
    const slip = text.replace('automountServiceAccountToken', 'automountServiceAcountToken');
    const { exitCode, stdout } = await execa(chart.checker, { input: slip, reject: false });
    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(/^manifest 2: .*unknown field .*automountServiceAcountToken/),
    });
    const lacking = manifestsIn(text.replace(/^ {10}name: api\n|- name: api\n/m, '- {}\n'));
    expect(lacking.flatMap(schemaProblems)).not.toEqual([]);
  });
});

describe('the pods', () => {
  it.each(['existing-secrets-values.yaml', 'made-secrets-values.yaml'])(
    'have a configuration that their programs take, with %s',
    async (file) => {
      const manifests = manifestsIn(await chart.template(valuesFile(file)));
      const environment = (kind: string, name: string) =>
        environmentOf(podOf(only(manifests, kind, `fleet-nebula-${name}`)), secretsIn(manifests));
      const none = join(chart.folder, 'conf.json');
      await writeFile(none, '{}');
      const api = environment('Deployment', 'api');
      expect(loadApiConfiguration({ environment: api, file: none })).toMatchObject({
        ...{ api_host: '0.0.0.0', api_port: 8000, rabbit_user: 'nebula-api', rabbit_vhost: 'nebula' },
      });
      const worker = environment('DaemonSet', 'worker');
      expect(loadWorkerConfiguration({ environment: worker, file: none })).toMatchObject({
        ...{ worker_host: '0.0.0.0', worker_port: 8001, rabbit_user: 'nebula-worker', state_dir: '/state' },
        ...{ docker_host: 'unix:///var/run/docker.sock', worker_id: 'node-1' },
      });
      expect(Object.keys(worker).filter((name) => /MONGO|SECRET_KEYS|AUTH_TOKEN|BASIC/.test(name))).toEqual(
        [],
      );
      expect(
        loadSetupConfiguration({ environment: environment('Job', 'setup-broker'), file: none }),
      ).toMatchObject([
        {
          rabbit_user: 'nebula-api',
          rabbit_worker_user: 'nebula-worker',
          rabbit_admin_user: 'admin',
        },
      ]);
    },
  );

  it('have numbers, lists and objects of the configuration as their programs read them', async () => {
    const manifests = manifestsIn(await chart.template(valuesFile('existing-secrets-values.yaml')));
    const api = environmentOf(podOf(only(manifests, 'Deployment', 'fleet-nebula-api')), new Map());
    expect(api).toMatchObject({ RATE_LIMIT_PER_MINUTE: '10000000', TRUSTED_PROXIES: '10.0.0.0/8' });
    const worker = environmentOf(podOf(only(manifests, 'DaemonSet', 'fleet-nebula-worker')), new Map());
    expect(JSON.parse(worker['WORKER_POLICY'] ?? '')).toEqual({
      privileged: false,
      binds: { allow: ['/srv'] },
    });
    expect(worker).toMatchObject({ WORKER_LABELS: 'zone=eu-1,rack=12', APP_NAME: 'shop,shop-lb' });
  });

  it("have no right that they don't need", async () => {
    const manifests = manifestsIn(await chart.template(valuesFile('made-secrets-values.yaml')));
    const pods = manifests.filter(({ kind }) => ['Deployment', 'DaemonSet', 'Job'].includes(kind)).map(podOf);
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod).toMatchObject({ automountServiceAccountToken: false });
      expect(pod.containers).toEqual([
        expect.objectContaining({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        }),
      ]);
    }
  });

  it('of the worker are replaced one share of the nodes after the other, each before the next one starts', async () => {
    const manifests = manifestsIn(await chart.template(set(LEAST)));
    const { spec } = only(manifests, 'DaemonSet', 'fleet-nebula-worker');
    expect(spec).toMatchObject({
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%', maxSurge: 0 } },
    });
    // The folder and the socket are the node's, so another pod finds what the one before has left.
    expect(podOf(only(manifests, 'DaemonSet', 'fleet-nebula-worker')).volumes).toEqual([
      { name: 'docker', hostPath: { path: '/var/run/docker.sock', type: 'Socket' } },
      { name: 'state', hostPath: { path: '/var/lib/nebula-worker', type: 'DirectoryOrCreate' } },
    ]);
  });

  it('are others when a password is another, and only those that have it', async () => {
    const before = manifestsIn(await chart.template(valuesFile('made-secrets-values.yaml')));
    const more = ['--set', 'worker.secret.rabbitPassword=another'];
    const after = manifestsIn(await chart.template([...valuesFile('made-secrets-values.yaml'), ...more]));
    const pod = (manifests: Manifest[], kind: string, name: string) =>
      JSON.stringify(only(manifests, kind, `fleet-nebula-${name}`));
    expect(pod(after, 'DaemonSet', 'worker')).not.toBe(pod(before, 'DaemonSet', 'worker'));
    expect(pod(after, 'Deployment', 'api')).toBe(pod(before, 'Deployment', 'api'));
  });
});

it('secrets are in Secrets alone', async () => {
  const manifests = manifestsIn(await chart.template(valuesFile('made-secrets-values.yaml')));
  const others = JSON.stringify(manifests.filter(({ kind }) => kind !== 'Secret'));
  for (const value of [
    'of-the-api',
    'of-the-worker',
    'of-the-administrator',
    '0123456789abcdef0123',
    'db.example',
  ])
    expect(others).not.toContain(value);
});

describe('what is said after an installation', () => {
  /** Helm prints it only with a cluster, so it is a template like the others here. */
  async function notes(args: readonly string[]): Promise<string> {
    const copy = join(await mkdtemp(join(chart.folder, 'notes-')), 'nebula');
    await cp(CHART, copy, { recursive: true });
    const text = await readFile(join(CHART, 'templates', 'NOTES.txt'), 'utf8');
    const wrapped = `{{- define "test.notes" -}}\n${text}{{- end -}}\nnotes: {{ include "test.notes" . | toJson }}\n`;
    await writeFile(join(copy, 'templates', 'notes.yaml'), wrapped);
    const shown = ['--show-only', 'templates/notes.yaml', ...KUBERNETES, ...args];
    const { code, output } = await chart.helm(['template', 'fleet', copy, ...shown]);
    if (code !== 0) throw new Error(output);
    return (parse(output) as { notes: string }).notes;
  }

  it('leads to the api and the workers', async () => {
    const said = await notes(valuesFile('made-secrets-values.yaml'));
    expect(said).toContain(
      'kubectl -n nebula port-forward service/fleet-nebula-api 8000:80\n  http://127.0.0.1:8000/docs',
    );
    expect(said).toContain('kubectl -n nebula rollout status daemonset/fleet-nebula-worker');
    expect(said).toContain('Apps can have no secrets');
    expect(said).not.toContain('WARNING');
    const other = await notes(valuesFile('existing-secrets-values.yaml'));
    expect(other).toContain('https://nebula.example/docs');
    expect(other).toContain('They run shop, shop-lb on the Docker Engine at /var/run/docker.sock.');
  });

  it('warns of an api without a login', async () => {
    const open = ['api.config.auth_enabled=false', 'api.secret.existingName='];
    const rest = ['api.secret.mongoUrl=mongodb://db/', 'api.secret.rabbitPassword=x'];
    expect(await notes(set([...LEAST, ...open, ...rest]))).toContain('WARNING: nobody is asked for a login.');
  });
});

describe('values that are wrong', () => {
  it.each<[string[], RegExp]>([
    [['api.replica=2'], /api.*additional properties 'replica' not allowed/],
    [['api.config.api_prot=1'], /api\/config.*additional properties 'api_prot' not allowed/],
    [['worker.config.mongo_url=x'], /worker\/config.*additional properties 'mongo_url' not allowed/],
    [['api.replicas=two'], /api\/replicas.*got string, want integer/],
    [['api.config.history_limit=0'], /api\/config\/history_limit.*minimum: got 0, want 1/],
    [['api.image.pullPolicy=always'], /api\/image\/pullPolicy.*'Always', 'IfNotPresent', 'Never'/],
    [['api.image.digest=abc'], /api\/image\/digest.*'abc' does not match pattern '\^\(sha256:/],
    [['worker.apps={a b}'], /worker\/apps\/0.*'a b' does not match pattern/],
    [['worker.socketPath=docker.sock'], /worker\/socketPath.*'docker.sock' does not match pattern/],
  ])('%j are refused by the schema, which says where and why', async (values, message) => {
    const { code, output } = await chart.helm([
      'template',
      'fleet',
      CHART,
      ...KUBERNETES,
      ...set([...LEAST, ...values]),
    ]);
    expect(code).not.toBe(0);
    expect(output.replaceAll('\n', ' ')).toMatch(message);
  });

  it.each<[string[], RegExp]>([
    [['rabbit.hosts=null'], /- rabbit\.hosts is empty: name the nodes of RabbitMQ, like/],
    [['worker.apps=null'], /- worker\.apps is empty: name the apps .* or set worker\.enabled to false/],
    [
      ['api.secret.existingName='],
      /- api\.secret: set mongoUrl .*\n.*- api\.secret: set rabbitPassword .*\n.*- api: no login: set api\.secret\.authToken/,
    ],
    [['rabbit.hosts={amqp://u:hunter2@rabbit}'], /- rabbit\.hosts\[0\] must be a name or an address/],
    [
      ['api.secret.existingName=', 'api.secret.mongoUrl=u:hunter2@db', 'api.secret.authToken=hunter2'],
      /- api\.secret\.mongoUrl must begin with mongodb:\/\/.*\n.*- api\.secret\.authToken is shorter than 32/,
    ],
    [
      ['setupBroker.enabled=true', 'setupBroker.managementUrl=http://a:hunter2@rabbit:15672'],
      /- setupBroker\.managementUrl must be an address like/,
    ],
    [
      ['api.secret.existingName=', 'api.config.rabbit_admin_user=admin'],
      /- api\.config\.rabbit_admin_user needs api\.secret\.existingName/,
    ],
    [['worker.secret.existingName='], /- worker\.secret: set rabbitPassword .* or existingName/],
    [['api.ingress.enabled=true'], /- api\.ingress\.hosts is empty: name the host/],
    [
      ['api.autoscaling.enabled=true', 'api.autoscaling.maxReplicas=1'],
      /- api\.autoscaling\.minReplicas is 2 but must be at most maxReplicas, which is 1/,
    ],
    [
      ['setupBroker.enabled=true'],
      /- setupBroker\.managementUrl is empty: .*\n.*- setupBroker\.adminUser is empty: .*\n.*- setupBroker\.secret: set adminPassword/,
    ],
    [['rabbit.tls.secretName=x'], /- rabbit\.tls\.secretName is set but rabbit\.tls\.enabled is not/],
  ])('%j are refused with a line for each problem that says what to set', async (values, message) => {
    const { code, output } = await chart.helm([
      'template',
      'fleet',
      CHART,
      ...KUBERNETES,
      ...set([...LEAST, ...values]),
    ]);
    expect(code).not.toBe(0);
    expect(output).toMatch(message);
    expect(output).not.toContain('hunter2');
  });
});

it('no block of the pages is left', () => expect(blocks.left).toEqual([]));
