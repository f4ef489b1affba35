/**
 * What the worker of one scope has made on an engine, and how to remove it.
 */
import { LABELS } from '@nebula/contracts';
import pLimit from 'p-limit';
import { statusOf } from './docker-client.mjs';

/** @import Docker from 'dockerode' */

/** More at once than this makes the engine slower, not faster. */
const PARALLEL = 4;

/**
 * @typedef {object} OwnThings
 * @property {{ id: string, name: string, app: string, image: string, state: string }[]} containers by name
 * @property {{ id: string, name: string }[]} networks by name
 */

/**
 * @param {Docker} docker
 * @param {string} scope
 * @returns {Promise<OwnThings>}
 */
export async function ownThings(docker, scope) {
  const filters = { label: [`${LABELS.scope}=${scope}`] };
  const [containers, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
  ]);
  return {
    containers: containers
      .map(({ Id, Names, Labels, Image, State }) => ({
        id: Id,
        name: (Names[0] ?? Id.slice(0, 12)).replace(/^\//, ''),
        app: Labels[LABELS.app] ?? '',
        image: Image,
        state: State,
      }))
      .sort(byName),
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })).sort(byName),
  };
}

/**
 * @param {{ name: string }} a
 * @param {{ name: string }} b
 */
function byName(a, b) {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}

/**
 * Stops and removes the containers (with their anonymous volumes), then the networks. Goes on after a failure.
 * @param {Docker} docker
 * @param {OwnThings} things
 * @param {(removed: number, total: number) => void} onProgress
 * @returns {Promise<string[]>} one line for each thing that is still there
 */
export async function removeThings(docker, things, onProgress) {
  const total = things.containers.length + things.networks.length;
  const limit = pLimit(PARALLEL);
  /** @type {string[]} */
  const problems = [];
  let removed = 0;
  /** @param {string} what @param {() => Promise<unknown>} remove */
  const attempt = async (what, remove) => {
    try {
      await remove();
      onProgress((removed += 1), total);
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  await Promise.all(
    things.containers.map(({ id, name }) =>
      limit(() => attempt(`container ${name}`, () => removeContainer(docker.getContainer(id)))),
    ),
  );
  // A network can go only when no container is in it.
  for (const { id, name } of things.networks) {
    await attempt(`network ${name}`, () => unlessGone(docker.getNetwork(id).remove()));
  }
  return problems;
}

/** @param {Docker.Container} container */
async function removeContainer(container) {
  // The stop comes first: a removal by force alone kills, and the app could not finish what it does.
  // Where it fails (a paused one can't be stopped), the removal is what counts.
  await container.stop().catch(() => undefined);
  await unlessGone(container.remove({ force: true, v: true }));
}

/**
 * @param {Promise<unknown>} call
 * @returns {Promise<void>} also when the thing was stopped or removed already, or is being removed
 */
async function unlessGone(call) {
  try {
    await call;
  } catch (error) {
    if (![304, 404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}
