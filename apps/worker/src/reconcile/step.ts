import type { AppSpec, Hook, PortMapping } from '@nebula/contracts';
import type { Limits } from './limits.js';
import type { ImagePin } from './memory.js';

/** A container that the plan works on: one that was observed, or the one that this lane creates for a replica. */
export type ContainerRef = { by: 'id'; id: string } | { by: 'created'; replica: number };

/** All that a container is made from. The adapter maps it to the engine's own words, in one place. */
export interface ContainerDraft {
  name: string;
  scope: string;
  /** The server's name, for the container's environment and hostname. */
  node: string;
  replica: number;
  fingerprint: string;
  /** Reference or id of a local image. */
  image: string;
  ports: PortMapping[];
  /** Networks to join, the first at creation. */
  networks: string[];
  spec: AppSpec;
}

/** What else a build of an image is for; see `ImagePin`. */
export type Purpose = Pick<ImagePin, 'platform' | 'made_for'>;

/** A step that may fail because of the limits that the container has. */
export interface Limited {
  /** Those limits as `limitsMark` has them, so that a failure under others is told apart; absent without any. */
  under?: string;
}

/**
 * One idempotent act on the engine (`pin` acts on memory alone). Plain data, so that plans can be compared,
 * printed and applied to a model.
 */
export type Step =
  | ({ kind: 'pull'; image: string; release: number } & Purpose)
  | ({ kind: 'pin'; image: string; release: number; image_id: string } & Purpose)
  | { kind: 'create-network'; network: string }
  | ({ kind: 'create'; draft: ContainerDraft } & Limited)
  | ({ kind: 'start'; replica: number; target: ContainerRef } & Limited)
  /**
   * Runs a hook in a container that was just started. When it fails, the container is stopped as by `stop`: it has not
   * started.
   */
  | ({
      kind: 'post-start';
      replica: number;
      target: ContainerRef;
      hook: Hook;
      grace_seconds?: number;
    } & Limited)
  /** Ends the program as `stop` does and starts it again, in the same container and in one act of the engine. */
  | { kind: 'restart'; replica: number; target: ContainerRef; grace_seconds?: number }
  | { kind: 'unpause'; replica: number; target: ContainerRef }
  /** Sets the restart policy, in Docker's words. With `no` a restarted engine doesn't bring the container back. */
  | { kind: 'set-restart-policy'; replica: number; target: ContainerRef; policy: string }
  /** Sets limits of a container, whether it runs or not. What runs is not restarted. Members that are absent stay. */
  | { kind: 'update-resources'; replica: number; target: ContainerRef; limits: Partial<Limits> }
  /**
   * Puts the container into a network, whether it runs or not. What runs is not restarted. `is_back`: it was in it until
   * the step before, so it is put back without the aliases when it can't get them.
   */
  | {
      kind: 'connect';
      replica: number;
      target: ContainerRef;
      network: string;
      aliases?: string[];
      is_back?: true;
    }
  /** Takes the container out of a network, whether it runs or not. What runs is not restarted. */
  | { kind: 'disconnect'; replica: number; target: ContainerRef; network: string }
  /** Runs a hook in a container that is stopped next, which its failure doesn't change. */
  | { kind: 'pre-stop'; replica: number; target: ContainerRef; hook: Hook }
  /** With the container's own stop signal. `grace_seconds` until it is killed are known to the engine already. */
  | { kind: 'stop'; replica: number; target: ContainerRef; grace_seconds?: number }
  | { kind: 'rename'; replica: number; target: ContainerRef; name: string }
  /** Ends an update for good: remembers why, with the last lines of the container's log. */
  | {
      kind: 'judge';
      replica: number;
      target: ContainerRef;
      revision: number;
      reason: string;
      exit_code: number | null;
    }
  /** Removes images that nobody needs any more, once for each token. */
  | { kind: 'prune'; token: number }
  /** Removes the container by force, with its anonymous volumes. */
  | { kind: 'remove'; replica: number; target: ContainerRef };

export type StepKind = Step['kind'];

/** Something that keeps the app from its desired state and that no step of this plan can mend. */
export interface PlanProblem {
  /** The step that can't be done, or was tried and failed. */
  step: StepKind | 'plan' | 'run' | 'update';
  message: string;
  /** Milliseconds since 1970 at which planning anew may give steps; null when only a change or an event can. */
  retry_at: number | null;
}

/**
 * What to do now. Lanes are independent of each other and may run in parallel; the steps of a lane run in
 * order and the lane ends at its first failure. A plan without lanes and problems means: converged.
 */
export interface Plan {
  lanes: Step[][];
  problems: PlanProblem[];
}
