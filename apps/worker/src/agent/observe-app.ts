import type { ContainerRuntime } from '../container-runtime/container-runtime.js';
import type { DesiredApp } from '../reconcile/desired.js';
import { imagesToLookUp } from '../reconcile/image.js';
import type { AppMemory } from '../reconcile/memory.js';
import type { ObservedApp } from '../reconcile/observed.js';

/**
 * Everything about the server that planning this app depends on, in reading calls alone.
 *
 * @throws {RuntimeError}
 */
export async function observeApp(
  runtime: ContainerRuntime,
  scope: string,
  desired: DesiredApp,
  memory: AppMemory,
): Promise<ObservedApp> {
  const lookUp = async (image: string) => [image, await runtime.imageId(image)] as const;
  const [{ own, foreign_names, foreign_ports }, networks, images] = await Promise.all([
    runtime.list(scope, desired.app_name),
    runtime.networkNames(),
    Promise.all(imagesToLookUp(desired, memory).map(lookUp)),
  ]);
  return {
    containers: own,
    taken_names: foreign_names,
    taken_ports: foreign_ports,
    networks,
    images: Object.fromEntries(images),
  };
}
