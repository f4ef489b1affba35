import { joinedNetworks, replicaPorts } from '@nebula/contracts';
import { isUp, missingConnections, remove, rename, stop, withRestartPolicy } from './container-steps.js';
import { passingName } from './names.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { tryable } from './problems.js';
import { removals } from './removal.js';
import type { ReplicaView } from './replica-view.js';
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
        ...(current ? withRestartPolicy(current, 'always') : []),
        ...(current ? missingConnections(current, situation.spec) : []),
        { kind: 'start', replica, target },
      ],
      clean: backup ? tryable([remove(backup)], view.all, situation).steps : [],
      ends: [...leaving.ends, ...(backup && isUp(backup) ? [backup.id] : [])],
      takes: replicaPorts(situation.spec, replica).map((port) => port.host_port),
    },
    problems: leaving.problems,
    blocked: leaving.staying.some((container) => container.name === name),
  };
}

function create(view: ReplicaView, { scope, spec }: Situation, image: string, name: string): Step {
  const { replica, fingerprint } = view;
  const ports = replicaPorts(spec, replica);
  const networks = joinedNetworks(spec);
  return { kind: 'create', draft: { name, scope, replica, fingerprint, image, ports, networks, spec } };
}

function setAside(backup: ObservedContainer, name: string, { observed }: Situation): Step[] {
  return [
    ...withRestartPolicy(backup, 'no'),
    ...(isUp(backup) ? [stop(backup)] : []),
    ...(backup.name === name ? [rename(backup, passingName(`${name}.old`, observed))] : []),
  ];
}
