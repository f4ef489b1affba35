import type { HostPort } from './host-ports.js';
import type { PlanProblem, Step } from './step.js';

/**
 * What one replica needs, cut into the phases by which replicas that hand host ports to each other are
 * interleaved: nothing is released before all is prepared, nothing is acquired before it is released.
 */
export interface Work {
  /** Replica that it is for. */
  replica: number;
  /** Creates and removals that disturb nothing that runs. */
  prepare: Step[];
  /** Ends what runs. */
  release: Step[];
  /** Starts what shall run. */
  acquire: Step[];
  /** Removes what was only kept to go back to. */
  clean: Step[];
  /** Ids of the containers that `release` ends. */
  ends: string[];
  /** Ids of ended containers that are gone back to when `acquire` fails, so that nobody may take their ports before. */
  keeps: string[];
  /** Host ports that `acquire` needs. */
  takes: HostPort[];
}

export function noWork(replica: number): Work {
  return { replica, prepare: [], release: [], acquire: [], clean: [], ends: [], keeps: [], takes: [] };
}

export function stepsOf(work: Work): Step[] {
  return [...work.prepare, ...work.release, ...work.acquire, ...work.clean];
}

/** One way to serve a replica. */
export interface Option {
  work: Work;
  problems: PlanProblem[];
  /** Brings back what ran before. Its ports go before those of a new container. */
  restores: boolean;
  /** Ends what runs for this replica to start another container. */
  replaces: boolean;
}

/** The ways to serve a replica, the best first. The last one starts nothing, so it is always possible. */
export type Options = readonly [...Option[], Option];
