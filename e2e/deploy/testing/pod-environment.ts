import type { Manifest, Pod, Variable } from './manifests.js';

/** What a program has in its environment when a pod starts on the node `node-1`. */
export function environmentOf(
  pod: Pod,
  secrets: ReadonlyMap<string, Record<string, string>>,
): Record<string, string> {
  const [container] = pod.containers;
  const pairs = (container?.env ?? []).flatMap((variable): [string, string][] => {
    const value = valueOf(variable, secrets);
    return value === null ? [] : [[variable.name, value]];
  });
  return Object.fromEntries(pairs);
}

/** The Secrets that a chart makes, decoded. */
export function secretsIn(manifests: readonly Manifest[]): Map<string, Record<string, string>> {
  const decoded = (data: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  return new Map(
    manifests
      .filter(({ kind }) => kind === 'Secret')
      .map(({ metadata, data }) => [metadata.name, decoded(data ?? {})]),
  );
}

/** Of Secrets that are there already, what must be in them, and the user's password. */
const THERE_ALREADY: Record<string, string> = {
  MONGO_URL: 'mongodb://db.example/',
  RABBIT_PASSWORD: 'there-already',
  RABBIT_ADMIN_PASSWORD: 'there-already',
  RABBIT_WORKER_PASSWORD: 'there-already',
  BASIC_AUTH_PASSWORD: 'there-already',
};

function valueOf(
  { value, valueFrom }: Variable,
  secrets: ReadonlyMap<string, Record<string, string>>,
): string | null {
  if (value !== undefined) return value;
  if (valueFrom?.fieldRef) return valueFrom.fieldRef.fieldPath === 'spec.nodeName' ? 'node-1' : '';
  const reference = valueFrom?.secretKeyRef;
  if (!reference) throw new Error('A variable has neither a value nor a source.');
  const found = (secrets.get(reference.name) ?? THERE_ALREADY)[reference.key];
  if (found === undefined && !reference.optional)
    throw new Error(`The Secret ${reference.name} has no ${reference.key}, and the pod would not start.`);
  return found ?? null;
}
