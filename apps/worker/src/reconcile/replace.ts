import { type AppSpec, joinedNetworks, replicaPorts } from '@nebula/contracts';
import {
  firstStart,
  isUp,
  limited,
  missingConnections,
  remove,
  rename,
  type Start,
  starting,
  stopping,
  withLimits,
  withRestartPolicy,
} from './container-steps.js';
import { markOf } from './limits.js';
import { passingName } from './names.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { tryable } from './problems.js';
import { removals } from './removal.js';
import type { ReplicaView } from './replica-view.js';
import { HELD_POLICY, restartPolicy } from './restart-policy.js';
import type { ContainerRef, PlanProblem, Step } from './step.js';
import type { Work } from './work.js';

/** Putting the right container in its place, and what stands in the way of that for now. */
export interface Replacement {
  work: Work;
  problems: PlanProblem[];
  /** A container that can't be removed for now has the replica's name. */
  blocked: boolean;
}

/**
 * Puts the right container in the place of the others. It is created, not started, while they still run, so
 * that the gap is one stop and one start. The one before it is kept until the new one has started, without its
 * restart policy, else a restarted engine could bring it back.
 *
 * @param image local reference or id to create from.
 */
export function replace(view: ReplicaView, situation: Situation, image: string): Replacement {
  const { current, backup, rest, replica, name } = view;
  const { spec } = situation;
  const leaving = removals(rest, situation);
  const nameGoesLate = backup?.name === name || rest.some((other) => other.name === name && isUp(other));
  const createdAs = nameGoesLate ? passingName(`${name}.next`, situation.observed) : name;
  const target: ContainerRef = current ? { by: 'id', id: current.id } : { by: 'created', replica };
  const renames: Step[] =
    (current?.name ?? createdAs) === name ? [] : [{ kind: 'rename', replica, target, name }];

  return {
    work: {
      replica,
      prepare: [...leaving.idle, ...(current ? [] : [create(view, situation, image, createdAs)])],
      release: [...leaving.running, ...(backup ? setAside(backup, name, situation) : [])],
      acquire: [
        ...renames,
        ...(current
          ? [
              ...missingConnections(current, spec).flat(),
              ...withLimits(current, spec, situation.node, situation.memory.denied),
              ...starting(current, restartPolicy(spec), situation.node, markOf(spec)),
            ]
          : firstStart(startOfNew(target, replica, spec), restartPolicy(spec))),
      ],
      clean: backup ? tryable([remove(backup)], view.all, situation).steps : [],
      ends: [...leaving.ends, ...(backup && isUp(backup) ? [backup.id] : [])],
      keeps: backup && !isUp(backup) ? [backup.id] : [],
      takes: replicaPorts(spec, replica),
    },
    problems: leaving.problems,
    blocked: leaving.staying.some((container) => container.name === name),
  };
}

function startOfNew(target: ContainerRef, replica: number, spec: AppSpec): Start {
  const { hooks, stop_grace_period_seconds: stop_grace_seconds } = spec;
  return { target, replica, hooks, stop_grace_seconds, under: markOf(spec) };
}

function create(view: ReplicaView, { scope, spec, node }: Situation, image: string, name: string): Step {
  const { replica, fingerprint } = view;
  const ports = replicaPorts(spec, replica);
  const networks = joinedNetworks(spec);
  const draft = { name, scope, node: node.hostname, replica, fingerprint, image, ports, networks, spec };
  return { kind: 'create', draft, ...limited(markOf(spec)) };
}

/**
 * Where `no` is also the policy of containers that serve, or no other policy can be given, only the name tells one that we
 * have stopped from one whose program has ended, so there it is changed first.
 */
function setAside(backup: ObservedContainer, name: string, { node, observed, spec }: Situation): Step[] {
  const stops = isUp(backup) ? stopping(backup) : [];
  const renames = backup.name === name ? [rename(backup, passingName(`${name}.old`, observed))] : [];
  const isToldByName = !node.can_update || restartPolicy(spec) === HELD_POLICY;
  return [
    ...withRestartPolicy(backup, HELD_POLICY, node),
    ...(isToldByName ? [...renames, ...stops] : [...stops, ...renames]),
  ];
}
