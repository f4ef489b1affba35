import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Docker from 'dockerode';
import { buildNebulaImage } from '../../tools/services/nebula-images.mjs';
import { searchForSecrets } from '../../tools/test/known-secrets.mjs';
import { EngineView } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { HelmChart, set, valuesFile } from './testing/helm-chart.js';
import { type Manifest, manifestsIn, only, podOf, type Probe } from './testing/manifests.js';
import { environmentOf, secretsIn } from './testing/pod-environment.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const LIMIT = 120_000;
/** Helm and images are built in minutes, where they are not there yet. */
const BUILD_LIMIT = 1_200_000;

/** With everything on, and with what a release has when little is said. */
const FILES = ['existing-secrets-values.yaml', 'made-secrets-values.yaml'];
const WHOLE = 'existing-secrets-values.yaml';
const API = 'fleet-nebula-api';
const WORKER = 'fleet-nebula-worker';

let chart: HelmChart;
/** By file of values. */
const releases = new Map<string, Manifest[]>();

beforeAll(async () => {
  chart = await HelmChart.prepare();
  for (const file of FILES) releases.set(file, manifestsIn(await chart.template(valuesFile(file))));
}, BUILD_LIMIT);

afterAll(async () => await chart.end());

/** The manifests of a release with a file of values, and others. */
async function made(values: readonly string[], file = WHOLE): Promise<Manifest[]> {
  return manifestsIn(await chart.template([...valuesFile(file), ...set(values)]));
}

const release = (file: string) => releases.get(file) ?? [];
const specOf = <T>(kind: string, name: string, file = WHOLE) => only(release(file), kind, name).spec as T;

interface Selector {
  matchLabels: Record<string, string>;
}

const PODS = ['Deployment', 'DaemonSet', 'Job'];

/** Labels of the pods of each object that makes pods, by its name. */
function podLabels(manifests: readonly Manifest[]): Map<string, Record<string, string>> {
  return new Map(
    manifests
      .filter(({ kind }) => PODS.includes(kind))
      .map(({ metadata, spec }) => [
        metadata.name,
        (spec as { template: { metadata: { labels: Record<string, string> } } }).template.metadata.labels,
      ]),
  );
}

/** Names of what makes the pods that a selector finds. */
function foundBy(labels: Record<string, string>, manifests: readonly Manifest[]): string[] {
  expect(Object.keys(labels).length).toBeGreaterThan(0);
  return [...podLabels(manifests)]
    .filter(([, of]) => Object.entries(labels).every(([key, value]) => of[key] === value))
    .map(([name]) => name);
}

/** The labels by which an object finds pods. */
function selectorOf({ kind, spec }: Manifest): Record<string, string> | null {
  if (kind === 'Service') return (spec as { selector: Record<string, string> }).selector;
  if (kind === 'NetworkPolicy') return (spec as { podSelector: Selector }).podSelector.matchLabels;
  if (['Deployment', 'DaemonSet', 'PodDisruptionBudget'].includes(kind))
    return (spec as { selector: Selector }).selector.matchLabels;
  return null;
}

describe.each(FILES)('the objects, with %s', (file) => {
  it('find the pods of their own component, and no others, also beside another release', async () => {
    const beside = manifestsIn(await chart.template(valuesFile(file), 'other'));
    const finders = release(file).filter((manifest) => selectorOf(manifest) !== null);
    expect(finders.map(({ kind }) => kind).sort()).toEqual([
      ...['DaemonSet', 'Deployment', 'NetworkPolicy', 'NetworkPolicy', 'PodDisruptionBudget', 'Service'],
    ]);
    for (const finder of finders)
      expect(foundBy(selectorOf(finder) ?? {}, [...release(file), ...beside])).toEqual([
        finder.metadata.name,
      ]);
  });

  it('lead to ports that the pods have', () => {
    const { ports } = specOf<{ ports: { name: string; targetPort: string }[] }>('Service', API, file);
    expect(ports.map(({ targetPort }) => targetPort)).toEqual(['http']);
    expect(podOf(only(release(file), 'Deployment', API)).containers[0]?.ports).toEqual([
      { name: 'http', containerPort: 8000 },
    ]);
    expect(podOf(only(release(file), 'DaemonSet', WORKER)).containers[0]?.ports).toEqual([
      { name: 'health', containerPort: 8001 },
    ]);
  });
});

describe('the api', () => {
  it('is replaced without being away, and a drain of nodes leaves most of it', () => {
    const deployment = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
    for (const file of FILES) expect(specOf('Deployment', API, file)).toMatchObject({ strategy: deployment });
    expect(specOf('PodDisruptionBudget', API)).toMatchObject({
      ...{ maxUnavailable: '25%', unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    });
    expect(specOf('PodDisruptionBudget', API, 'made-secrets-values.yaml')).toMatchObject({
      maxUnavailable: 1,
    });
  });

  it('has no budget where it is alone, since its node could never be drained', async () => {
    const kinds = async (values: string[], file: string) =>
      (await made(values, file)).map(({ kind }) => kind);
    const alone = ['api.replicas=1'];
    expect(await kinds(alone, 'made-secrets-values.yaml')).not.toContain('PodDisruptionBudget');
    // The fewest count where their number follows the load.
    expect(await kinds(alone, WHOLE)).toContain('PodDisruptionBudget');
    expect(await kinds(['api.autoscaling.minReplicas=1'], WHOLE)).not.toContain('PodDisruptionBudget');
  });

  it('has its time to end in order: it is told only when nobody sends it requests any more', async () => {
    const pod = (manifests: Manifest[]) => podOf(only(manifests, 'Deployment', API));
    const preStop = (seconds: number) => ({ preStop: { sleep: { seconds } } });
    const { terminationGracePeriodSeconds, containers } = pod(release(WHOLE));
    expect(containers[0]?.lifecycle).toEqual(preStop(5));
    expect(terminationGracePeriodSeconds).toBe(25);
    const other = pod(await made(['api.drainSeconds=40']));
    expect([other.containers[0]?.lifecycle, other.terminationGracePeriodSeconds]).toEqual([preStop(40), 60]);
    expect(pod(await made(['api.drainSeconds=0'])).containers[0]).not.toHaveProperty('lifecycle');
  });

  it('is as many as its load asks for: the autoscaler alone says how many', () => {
    expect(specOf('HorizontalPodAutoscaler', API)).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: API },
      ...{ minReplicas: 3, maxReplicas: 12 },
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    });
    expect(specOf('Deployment', API)).not.toHaveProperty('replicas');
    // A share of what is asked for: without that the autoscaler can tell nothing.
    expect(podOf(only(release(WHOLE), 'Deployment', API)).containers[0]?.resources?.requests).toHaveProperty(
      'cpu',
    );
    expect(specOf('Deployment', API, 'made-secrets-values.yaml')).toMatchObject({ replicas: 2 });
  });

  it('is reached through its Ingress, at the port of its Service that it has', async () => {
    expect(specOf('Ingress', API)).toEqual({
      ingressClassName: 'nginx',
      tls: [{ secretName: 'nebula-example', hosts: ['nebula.example'] }],
      rules: [
        {
          host: 'nebula.example',
          http: {
            paths: [
              {
                ...{ path: '/', pathType: 'Prefix' },
                backend: { service: { name: API, port: { name: 'https' } } },
              },
            ],
          },
        },
      ],
    });
    expect(specOf('Service', API)).toMatchObject({ ports: [{ name: 'https', port: 80 }] });
    const plain = await made(['api.tls.secretName=']);
    expect(JSON.stringify(only(plain, 'Ingress', API).spec)).toContain('"port":{"name":"http"}');
    expect(only(plain, 'Service', API).spec).toMatchObject({ ports: [{ name: 'http' }] });
  });

  it('lets in only whom its policy names, and at its port alone', () => {
    expect(specOf('NetworkPolicy', API)).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [
        {
          ports: [{ port: 'http', protocol: 'TCP' }],
          from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } }],
        },
      ],
    });
    // Nobody named means everybody, and still that port alone.
    expect(specOf<{ ingress: object[] }>('NetworkPolicy', API, 'made-secrets-values.yaml').ingress).toEqual([
      { ports: [{ port: 'http', protocol: 'TCP' }] },
    ]);
  });
});

describe('the worker', () => {
  it('lets in nobody, or at the port of its health whom its policy names', () => {
    expect(specOf('NetworkPolicy', WORKER)).toMatchObject({
      policyTypes: ['Ingress'],
      ingress: [
        {
          ports: [{ port: 'health', protocol: 'TCP' }],
          from: [{ podSelector: { matchLabels: { app: 'prometheus' } } }],
        },
      ],
    });
    expect(
      specOf<{ ingress: object[] }>('NetworkPolicy', WORKER, 'made-secrets-values.yaml').ingress,
    ).toEqual([]);
  });

  it('is on each node that is chosen, whatever its taints, and waits for nobody', () => {
    expect(podOf(only(release(WHOLE), 'DaemonSet', WORKER))).toMatchObject({
      nodeSelector: { 'nebula.example/worker': 'true' },
      tolerations: [{ operator: 'Exists' }],
    });
    const { nodeSelector, tolerations } = podOf(
      only(release('made-secrets-values.yaml'), 'DaemonSet', WORKER),
    );
    expect({ nodeSelector, tolerations }).toEqual({ nodeSelector: undefined, tolerations: undefined });
  });

  it('has the socket of the node where it looks for it, and its folder', async () => {
    const manifests = manifestsIn(await chart.template(valuesFile('workers-alone-values.yaml')));
    const pod = podOf(only(manifests, 'DaemonSet', 'nebula-edge-worker'));
    expect(environmentOf(pod, secretsIn(manifests))).toMatchObject({
      ...{ DOCKER_HOST: 'unix:///run/docker-edge.sock', STATE_DIR: '/state' },
    });
    expect(pod.volumes).toEqual([
      { name: 'docker', hostPath: { path: '/run/docker-edge.sock', type: 'Socket' } },
      { name: 'state', hostPath: { path: '/var/lib/nebula-edge', type: 'DirectoryOrCreate' } },
    ]);
    expect(pod.containers[0]?.volumeMounts).toEqual([
      { name: 'docker', mountPath: '/run/docker-edge.sock' },
      { name: 'state', mountPath: '/state' },
    ]);
    expect(pod).toMatchObject({
      priorityClassName: 'system-node-critical',
      affinity: { nodeAffinity: expect.anything() },
    });
    expect(only(manifests, 'DaemonSet', 'nebula-edge-worker').spec).toMatchObject({
      updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    });
  });
});

it.each(['api', 'worker'])('the %s goes to the nodes that are chosen for it', async (component) => {
  const values = ['nodeSelector.disk=ssd', 'tolerations[0].key=edge', 'priorityClassName=high'];
  const more = values.map((value) => `${component}.${value}`);
  const manifests = await made(more, 'made-secrets-values.yaml');
  const chosen = {
    ...{ nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'edge' }], priorityClassName: 'high' },
  };
  const found = manifests
    .filter(({ kind }) => PODS.includes(kind))
    .filter((manifest) => JSON.stringify(podOf(manifest).nodeSelector) === '{"disk":"ssd"}');
  for (const manifest of found) expect(podOf(manifest)).toMatchObject(chosen);
  // What sets up the broker is the api's image, and goes where that may go.
  const names = component === 'api' ? [API, 'fleet-nebula-setup-broker'] : [WORKER];
  expect(found.map(({ metadata }) => metadata.name).sort()).toEqual(names);
});

describe('the probes', () => {
  const scheme = { 'existing-secrets-values.yaml': 'HTTPS', 'made-secrets-values.yaml': 'HTTP' };

  it.each(Object.entries(scheme))('of the api ask by %s as it serves: %s', (file, expected) => {
    for (const { httpGet } of probesOf('Deployment', API, file)) expect(httpGet.scheme).toBe(expected);
    for (const { httpGet } of probesOf('DaemonSet', WORKER, file)) expect(httpGet.scheme).toBeUndefined();
  });

  it('give no program up that hangs for a moment, and none that waits for its database', () => {
    for (const [kind, name] of [
      ['Deployment', API],
      ['DaemonSet', WORKER],
    ] as const) {
      const [startup, readiness, liveness] = probesOf(kind, name, WHOLE);
      expect((liveness?.periodSeconds ?? 0) * (liveness?.failureThreshold ?? 0)).toBeGreaterThanOrEqual(60);
      expect((startup?.periodSeconds ?? 0) * (startup?.failureThreshold ?? 0)).toBeGreaterThanOrEqual(120);
      expect(liveness?.httpGet.path).toBe('/healthz');
      // Requests go on while the broker is away. An update of workers waits until one has reached all that it needs.
      expect(readiness?.httpGet.path).toBe(kind === 'Deployment' ? '/healthz' : '/readyz');
    }
  });

  it.each<['api' | 'worker', kind: string, name: string]>([
    ['api', 'Deployment', API],
    ['worker', 'DaemonSet', WORKER],
  ])(
    'of the %s ask for what its image serves, with the environment of its pod',
    async (component, kind, name) => {
      const manifests = release('made-secrets-values.yaml');
      const pod = podOf(only(manifests, kind, name));
      const environment = environmentOf(pod, secretsIn(manifests));
      const { docker } = new EngineView(ENGINE);
      const container = await docker.createContainer({
        Image: await buildNebulaImage(ENGINE, component),
        Env: Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
        HostConfig: {
          ...{ NetworkMode: 'none', ReadonlyRootfs: true, CapDrop: ['ALL'] },
          // As a folder of the node is: root's.
          Tmpfs: { '/state': '' },
        },
      });
      try {
        await container.start();
        const asked = probesOf(kind, name, 'made-secrets-values.yaml').map(({ httpGet: { path, port } }) => {
          const { containerPort } = pod.containers[0]?.ports?.find((each) => each.name === port) ?? {};
          return `http://127.0.0.1:${containerPort}${path}`;
        });
        await eventually(async () => {
          const answers = await Promise.all(asked.map((url) => answerOf(container, url)));
          // Nothing that it needs is there, so it lives and is not ready.
          expect(answers).toEqual(asked.map((url) => (url.endsWith('/healthz') ? 200 : 503)));
          expect(asked.some((url) => url.endsWith('/readyz'))).toBe(true);
        }, LIMIT);
        searchForSecrets(
          (await container.logs({ stdout: true, stderr: true })).toString(),
          'the log of a pod',
        );
      } finally {
        await container.remove({ force: true, v: true });
      }
    },
    BUILD_LIMIT,
  );

  /** Of a start, of readiness and of life. */
  function probesOf(kind: string, name: string, file: string): Probe[] {
    const [container] = podOf(only(release(file), kind, name)).containers;
    const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe];
    return probes.map((probe) => {
      if (!probe) throw new Error(`${kind} ${name} lacks a probe.`);
      return probe;
    });
  }
});

/** Status with which a program answers inside its container; 0 where nothing does. */
async function answerOf(container: Docker.Container, url: string): Promise<number> {
  const ask = `fetch('${url}').then(({ status }) => console.log(String(status)), () => console.log('0'))`;
  const call = await container.exec({ Cmd: ['node', '-e', ask], AttachStdout: true, Tty: true });
  let text = '';
  for await (const part of await call.start({ Tty: true })) text += String(part);
  return Number(text.trim());
}
