import { collide, type HostPort } from './host-ports.js';
import type { ObservedContainer } from './observed.js';
import type { Step } from './step.js';
import { stepsOf, type Work } from './work.js';

/**
 * Arranges works into lanes. Works that hand host ports to each other share a lane, in which a port is given up
 * before it is taken, and one that was given up already, by a lane that was interrupted, only when nobody goes back to it: the end of a chain goes first, and the members of a cycle all stop before one starts.
 * Everything is created before anything stops, so that a lane whose creation fails disturbs nothing.
 */
export function arrange(works: readonly Work[], containers: readonly ObservedContainer[]): Step[][] {
  const busy = works.filter((work) => stepsOf(work).length > 0);
  const needs = neighbours(busy, containers, ({ ends, keeps }) => [...ends, ...keeps]);
  const lanes = new Map<number, Work[][]>();
  const laneOf = connected(busy.length, needs);
  for (const group of inOrder(busy.length, needs)) {
    const lane = laneOf[group[0] ?? 0] ?? 0;
    const members = group
      .toSorted((a, b) => a - b)
      .map((index) => busy[index])
      .filter((work) => work !== undefined);
    lanes.set(lane, [...(lanes.get(lane) ?? []), members]);
  }
  return [...lanes].toSorted(([a], [b]) => a - b).map(([, groups]) => interleave(groups));
}

/** Works that hand host ports to each other, directly or through others: each group can only be done as one. */
export function handOverGroups(works: readonly Work[], containers: readonly ObservedContainer[]): Work[][] {
  const groups = new Map<number, Work[]>();
  const needs = neighbours(works, containers, ({ ends }) => ends);
  connected(works.length, needs).forEach((lowest, index) => {
    const work = works[index];
    if (work) groups.set(lowest, [...(groups.get(lowest) ?? []), work]);
  });
  return [...groups.values()];
}

function interleave(groups: Work[][]): Step[] {
  return [
    ...groups.flat().flatMap((work) => work.prepare),
    ...groups.flatMap((group) => [
      ...group.flatMap((work) => work.release),
      ...group.flatMap((work) => work.acquire),
    ]),
    ...groups.flat().flatMap((work) => work.clean),
  ];
}

/**
 * For each work the indexes of those that hold a host port that it takes, until they are done.
 *
 * @param holdersOf ids of the containers by which a work holds ports.
 */
function neighbours(
  works: readonly Work[],
  containers: readonly ObservedContainer[],
  holdersOf: (work: Work) => string[],
): number[][] {
  const portsOf = new Map(containers.map(({ id, ports }) => [id, ports]));
  const holders = new Map<number, { index: number; port: HostPort }[]>();
  works.forEach((work, index) => {
    for (const port of holdersOf(work).flatMap((id) => portsOf.get(id) ?? [])) {
      const { host_port } = port;
      holders.set(host_port, [...(holders.get(host_port) ?? []), { index, port }]);
    }
  });
  return works.map((work, index) => [
    ...new Set(
      work.takes
        .flatMap((port) => (holders.get(port.host_port) ?? []).filter((held) => collide(held.port, port)))
        .map((held) => held.index)
        .filter((holder) => holder !== index),
    ),
  ]);
}

/** For each work the lowest index of those that it is connected with. */
function connected(size: number, needs: readonly number[][]): number[] {
  const lowest = Array.from({ length: size }, (_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (lowest[root] !== root) root = lowest[root] ?? root;
    return root;
  };
  needs.forEach((neighbours, index) => {
    for (const neighbour of neighbours) {
      const [a, b] = [rootOf(index), rootOf(neighbour)];
      lowest[Math.max(a, b)] = Math.min(a, b);
    }
  });
  return lowest.map((_, index) => rootOf(index));
}

/** Tarjan's algorithm: groups of works that need each other in a circle, each group after those that it needs. */
function inOrder(size: number, needs: readonly number[][]): number[][] {
  const groups: number[][] = [];
  const order = new Map<number, number>();
  const stack: number[] = [];
  const open = new Set<number>();

  const visit = (index: number): number => {
    const own = order.size;
    order.set(index, own);
    let lowest = own;
    stack.push(index);
    open.add(index);
    for (const next of needs[index] ?? []) {
      if (!order.has(next)) lowest = Math.min(lowest, visit(next));
      else if (open.has(next)) lowest = Math.min(lowest, order.get(next) ?? lowest);
    }
    if (lowest === own) {
      const group = stack.splice(stack.indexOf(index));
      for (const member of group) open.delete(member);
      groups.push(group);
    }
    return lowest;
  };
  for (let index = 0; index < size; index += 1) if (!order.has(index)) visit(index);
  return groups;
}
