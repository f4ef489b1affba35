import type { AppSpec } from '@nebula/contracts';
import type { OtherApp } from './dependencies.js';
import type { DesiredApp } from './desired.js';
import type { AppMemory } from './memory.js';
import type { NodeFacts, ObservedApp } from './observed.js';
import type { WorkerPolicy } from './worker-policy.js';

/** All that a plan depends on. */
export interface PlanInput {
  /** Label value that new containers get; `observed` holds containers of this scope only. */
  scope: string;
  desired: DesiredApp;
  observed: ObservedApp;
  node: NodeFacts;
  memory: AppMemory;
  /** What apps may have here; everything when absent. */
  policy?: WorkerPolicy;
  /** The other apps of this worker by name; looked at when the app depends on some. */
  others?: ReadonlyMap<string, OtherApp>;
  /** How long a container may be unhealthy before it is restarted, milliseconds; half a minute when absent. */
  unhealthy_grace?: number;
  /** The disk of the engine's images is too full, also without the images that nothing needs. */
  disk_short?: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** An app that shall run: its spec is there. */
export interface Situation extends PlanInput {
  spec: AppSpec;
  /** Replicas that this server shall run. */
  replicas: number;
}
