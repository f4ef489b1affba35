import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Pod } from './manifests.js';

interface SecretFiles {
  items: { key: string; path: string }[];
}

interface Volume {
  name: string;
  secret?: SecretFiles & { secretName: string };
  projected?: { sources: { secret: SecretFiles & { name: string } }[] };
}

interface Mount {
  name: string;
  mountPath: string;
}

/**
 * Writes what a pod has mounted of Secrets below a folder, each file where the pod has it below its root.
 *
 * @param secrets decoded, by name
 * @throws {Error} when the pod would not start, since a Secret or a key of it is missing
 */
export async function mountSecrets(
  pod: Pod,
  secrets: ReadonlyMap<string, Record<string, string>>,
  folder: string,
): Promise<void> {
  const mounts = (pod.containers[0]?.volumeMounts ?? []) as Mount[];
  for (const volume of (pod.volumes ?? []) as Volume[]) {
    const mount = mounts.find(({ name }) => name === volume.name);
    if (!mount) throw new Error(`The volume ${volume.name} is mounted nowhere.`);
    for (const { name, items } of secretsOf(volume))
      for (const { key, path } of items) {
        const text = secrets.get(name)?.[key];
        if (text === undefined) throw new Error(`The Secret ${name} has no ${key}.`);
        const file = join(folder, mount.mountPath, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
  }
}

function secretsOf({ secret, projected }: Volume): (SecretFiles & { name: string })[] {
  return [
    ...(secret ? [{ name: secret.secretName, items: secret.items }] : []),
    ...(projected?.sources ?? []).map((source) => source.secret),
  ];
}
