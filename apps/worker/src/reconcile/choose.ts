import { isUp } from './container-steps.js';
import { collide, type HostPort, portName } from './host-ports.js';
import type { ObservedApp } from './observed.js';
import type { PlanProblem } from './step.js';
import type { Option, Options, Work } from './work.js';

/** What is done for each replica. */
export interface Choice {
  /** One for each replica, in order. */
  options: Option[];
  problems: PlanProblem[];
  /** Replicas that had to do with less because a host port stays in use. */
  blocked: PlanProblem[];
}

/**
 * Takes the best option of each replica that the others leave possible. An option is impossible when a host
 * port that it needs is published by a container of somebody else, stays with one that no chosen work ends, or goes to a container that is brought
 * back: going back has the right of way, else an update that fails half-way could leave its replica without
 * any container.
 *
 * Each round moves one replica to a lesser option, and the last option of each needs no port. When one can't be brought
 * back, the others begin anew, without that, as some may have given way to it in vain: that is so for each option once. So
 * this ends.
 */
export function choose(replicas: readonly Options[], others: readonly Work[], observed: ObservedApp): Choice {
  const choices = replicas.map(
    (options): Candidate => ({ options, at: 0, why: [], from: { at: 0, why: [] } }),
  );
  for (let round = 0; ; round += 1) {
    const options = choices.map(optionOf);
    const claims = claimsOf(options, others, observed);
    const losers = choices.filter((choice) => conflictOf(optionOf(choice), claims) !== null);
    // One that can't go back claims nothing, so that is known before others give way to it.
    const loser = losers.find((choice) => optionOf(choice).restores) ?? losers[0];
    if (!loser) {
      return {
        options,
        problems: options.flatMap((option) => option.problems),
        // What was in the way of others comes before them.
        blocked: choices
          .flatMap(({ why }) => why)
          .sort((a, b) => a.round - b.round)
          .map(({ problem }) => problem),
      };
    }
    const { restores } = optionOf(loser);
    const problem = conflictOf(optionOf(loser), claims);
    if (problem) loser.why = [...loser.why, { problem, round }];
    loser.at += 1;
    if (!restores) continue;
    loser.from = { at: loser.at, why: loser.why };
    for (const choice of choices) Object.assign(choice, choice.from);
  }
}

/** How far the options of a replica were looked through. */
interface Candidate {
  options: Options;
  /** The option that is looked at. */
  at: number;
  /** Why each one before it is not possible. */
  why: Reason[];
  /** Where to begin anew. */
  from: { at: number; why: Reason[] };
}

interface Reason {
  problem: PlanProblem;
  round: number;
}

function optionOf({ options, at }: Candidate): Option {
  return options[at] ?? lastOf(options);
}

function lastOf(options: Options): Option {
  const [first, ...rest] = options;
  return rest.at(-1) ?? first;
}

/** Who has or gets a host port, as far as that decides against others. */
interface Claim {
  port: HostPort;
  by: number | null;
  step: PlanProblem['step'];
  text: string;
}

/** By number. */
type Claims = Map<number, Claim[]>;

function claimsOf(
  options: Option[],
  others: readonly Work[],
  { containers, taken_ports }: ObservedApp,
): Claims {
  const ended = new Set([...options.map((option) => option.work), ...others].flatMap((work) => work.ends));
  const claims: Claims = new Map();
  const add = (claim: Claim): void => {
    const { host_port } = claim.port;
    claims.set(host_port, [...(claims.get(host_port) ?? []), claim]);
  };
  for (const { by, ...port } of taken_ports) {
    add({ port, by: null, step: 'start', text: `is published by the container ${by}` });
  }
  for (const container of containers) {
    if (!isUp(container) || ended.has(container.id)) continue;
    for (const port of container.ports)
      add({ port, by: null, step: 'plan', text: `is held by ${container.name}` });
  }
  for (const { restores, work } of options) {
    if (!restores) continue;
    for (const port of work.takes) {
      const text = `goes back to replica ${work.replica}`;
      if (!claimOn(port, claims)) add({ port, by: work.replica, step: 'plan', text });
    }
  }
  return claims;
}

function claimOn(port: HostPort, claims: Claims): Claim | undefined {
  return claims.get(port.host_port)?.find((claim) => collide(claim.port, port));
}

function conflictOf({ work }: Option, claims: Claims): PlanProblem | null {
  for (const port of work.takes) {
    const claim = claimOn(port, claims);
    if (!claim || claim.by === work.replica) continue;
    const message = `replica ${work.replica} waits: host port ${portName(port)} ${claim.text}`;
    return { step: claim.step, message, retry_at: null };
  }
  return null;
}
