import type { AppSpec } from '@nebula/contracts';
import type { DesiredApp } from './desired.js';
import type { AppMemory } from './memory.js';
import type { NodeSize, ObservedApp } from './observed.js';

/** All that a plan depends on. */
export interface PlanInput {
  /** Label value that new containers get; `observed` holds containers of this scope only. */
  scope: string;
  desired: DesiredApp;
  observed: ObservedApp;
  node: NodeSize;
  memory: AppMemory;
  /** Milliseconds since 1970. */
  now: number;
}

/** An app that shall run: its spec is there. */
export interface Situation extends PlanInput {
  spec: AppSpec;
  /** Replicas that this server shall run. */
  replicas: number;
}
