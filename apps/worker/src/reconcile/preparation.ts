import { imageWithTag, joinedNetworks } from '@nebula/contracts';
import { activeFailure, networkKey } from './failure-key.js';
import { isRight } from './fingerprint.js';
import { chooseImage } from './image.js';
import { isOnHold } from './memory-updates.js';
import type { Situation } from './plan-input.js';
import { problemOf, pullLater } from './problems.js';
import type { PlanProblem, Step } from './step.js';
import type { Work } from './work.js';

/**
 * Whether something that is needed is there. `coming`: in a moment, so wait. `slow`: after a pull, which may
 * take long or fail, so what ran before shall run meanwhile. `failed`: not now.
 */
export type Readiness = 'ready' | 'coming' | 'slow' | 'failed';

/** What all replicas of an app need before any can be created or started. */
export interface Preparation {
  /** The lane that makes it so; planning anew follows. */
  steps: Step[];
  problems: PlanProblem[];
  networks: Readiness;
  image: Readiness;
  /** Reference or id to create containers from; of use when `image` is ready. */
  reference: string;
}

/** The world in which nothing is missing: what would be done then says what is needed. */
export function everythingReady({ spec }: Situation): Preparation {
  return {
    steps: [],
    problems: [],
    networks: 'ready',
    image: 'ready',
    reference: imageWithTag(spec.docker_image),
  };
}

/** What is missing for this work, asked for only when a container has to be created, started or connected. */
export function prepare(situation: Situation, wanted: readonly Work[]): Preparation {
  const acts = wanted.flatMap((work) => [...work.prepare, ...work.acquire]);
  const creates = acts.some((step) => step.kind === 'create');
  const joins = acts.some((step) => step.kind === 'start' || step.kind === 'connect');

  const preparation = everythingReady(situation);
  if (joins) prepareNetworks(situation, preparation);
  prepareImage(situation, preparation, creates);
  return preparation;
}

function prepareNetworks({ spec, observed, memory, now }: Situation, preparation: Preparation): void {
  const missing = joinedNetworks(spec).filter((name) => isOurs(name) && !observed.networks.includes(name));
  for (const network of missing) {
    const failure = activeFailure(memory, networkKey(network), now);
    if (failure) preparation.problems.push(problemOf(failure));
    else preparation.steps.push({ kind: 'create-network', network });
  }
  if (preparation.problems.length > 0) preparation.networks = 'failed';
  else if (missing.length > 0) preparation.networks = 'coming';
}

/** Docker's own networks and those of other containers are not made. */
function isOurs(network: string): boolean {
  return !['host', 'none', 'bridge', 'default'].includes(network) && !network.startsWith('container:');
}

function prepareImage(situation: Situation, preparation: Preparation, creates: boolean): void {
  const { desired, spec, observed, node, memory, now } = situation;
  const right = observed.containers.filter(
    ({ fingerprint, replica }) => replica > 0 && isRight(fingerprint, spec, replica, desired.tokens),
  );
  const choice = chooseImage(desired, preparation.reference, observed, memory, right, node, now);
  if (choice.kind === 'ready') {
    preparation.reference = choice.image;
  } else if (choice.kind === 'step' && choice.step.kind === 'pin' && (creates || right.length > 0)) {
    preparation.steps.push(choice.step);
    preparation.image = 'coming';
  } else if (choice.kind === 'absent' && creates) {
    preparation.problems.push(choice.problem);
    preparation.image = 'failed';
  } else if (choice.kind === 'failed' && creates) {
    preparation.problems.push(problemOf(choice.failure));
    preparation.image = 'failed';
  } else if (choice.kind === 'step' && creates && isOnHold(memory, now)) {
    preparation.problems.push(pullLater(situation));
    preparation.image = 'failed';
  } else if (choice.kind === 'step' && creates) {
    // A pull may take long: what is quick comes in a plan before it.
    const quickFirst = preparation.steps.length > 0;
    if (!quickFirst) preparation.steps.push(choice.step);
    preparation.image = quickFirst ? 'coming' : 'slow';
  }
}
