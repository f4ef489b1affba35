import { DaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { parseAllDocuments } from 'yaml';

/** One object of Kubernetes as far as tests look into it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

export interface Variable {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: { name: string; key: string; optional?: boolean };
    fieldRef?: { fieldPath: string };
  };
}

export interface Probe {
  httpGet: { path: string; port: string; scheme?: string };
  periodSeconds?: number;
  failureThreshold?: number;
}

export interface Container {
  name: string;
  env: Variable[];
  ports?: { name: string; containerPort: number }[];
  resources?: { requests?: object };
  volumeMounts?: unknown[];
  lifecycle?: object;
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
}

export interface Pod {
  containers: Container[];
  volumes?: unknown[];
  nodeSelector?: object;
  tolerations?: object[];
  affinity?: object;
  priorityClassName?: string;
  terminationGracePeriodSeconds?: number;
}

const MODELS = [
  ...[DaemonSet, Deployment, HorizontalPodAutoscaler, Ingress, Job, NetworkPolicy],
  ...[PodDisruptionBudget, Secret, Service, ServiceAccount],
];

/** All that Helm has printed. */
export function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** @throws {Error} when there is none of that kind and name, or several */
export function only(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((each) => each.kind === kind && each.metadata.name === name);
  if (found.length !== 1) throw new Error(`There are ${found.length} of ${kind} ${name}.`);
  return found[0]!;
}

/** What the schema of Kubernetes says against a manifest; fields that it doesn't know are let pass. */
export function schemaProblems(manifest: Manifest): string[] {
  const model = MODELS.find(
    ({ kind, apiVersion }) => kind === manifest.kind && apiVersion === manifest.apiVersion,
  );
  if (!model) return [`there is no ${manifest.apiVersion} ${manifest.kind}`];
  try {
    new (model as new (data: object) => { validate(): void })(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${String(error)}`];
  }
}

/** The pods that a Deployment and the like makes. */
export function podOf({ spec }: Manifest): Pod {
  return (spec as { template: { spec: Pod } }).template.spec;
}
