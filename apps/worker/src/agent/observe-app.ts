import type { ClockJumps } from '../clock-jumps.js';
import type { ContainerRuntime } from '../container-runtime/container-runtime.js';
import type { DesiredApp } from '../reconcile/desired.js';
import { imagesToLookUp } from '../reconcile/image.js';
import type { AppMemory } from '../reconcile/memory.js';
import type { ObservedApp, ObservedContainer } from '../reconcile/observed.js';

/** What looks, at which containers, and by which clock. */
interface Observer {
  runtime: ContainerRuntime;
  scope: string;
  jumps: ClockJumps;
}

/**
 * Everything about the server that planning this app depends on, in reading calls alone.
 *
 * @throws {RuntimeError}
 */
export async function observeApp(
  { runtime, scope, jumps }: Observer,
  desired: DesiredApp,
  memory: AppMemory,
): Promise<ObservedApp> {
  const lookUp = async (image: string) => [image, await runtime.image(image)] as const;
  const [{ own, foreign_names, foreign_ports }, networks, images] = await Promise.all([
    runtime.list(scope, desired.app_name),
    runtime.networkNames(),
    Promise.all(imagesToLookUp(desired, memory).map(lookUp)),
  ]);
  jumps.look();
  return {
    containers: own.map((container) => timed(container, jumps)),
    taken_names: foreign_names,
    taken_ports: foreign_ports,
    networks,
    images: Object.fromEntries(images.map(([name, found]) => [name, found?.id ?? null])),
    platforms: Object.fromEntries(images.flatMap(([, found]) => (found ? [[found.id, found.platform]] : []))),
  };
}

/** With its times by the clock as it is set now. One that was never started stays so. */
function timed(container: ObservedContainer, jumps: ClockJumps): ObservedContainer {
  const { created_at, started_at } = container;
  return {
    ...container,
    created_at: jumps.asOfNow(created_at),
    started_at: started_at > 0 ? jumps.asOfNow(started_at) : started_at,
  };
}
