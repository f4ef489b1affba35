import { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LABELS } from '@nebula/contracts';
import type { RuntimeEvent } from '../container-runtime.js';
import type { DockerClient } from './docker-client.js';
import { engineFacts } from './engine-facts.js';
import { jsonLines } from './json-lines.js';
import { isOwn } from './observed-container.js';
import { READ_LIMIT } from './read-limit.js';

/** Those after which a container may not be what it was. The engine leaves out the rest, exec_* of health checks above all. */
const CONTAINER_ACTIONS = [
  'create',
  'start',
  'die',
  'oom',
  'kill',
  'stop',
  'pause',
  'unpause',
  'rename',
  'update',
  'destroy',
  'health_status',
];

/** What Podman calls some of them. */
const OF_PODMAN: Readonly<Record<string, string>> = { died: 'die', remove: 'destroy' };

/** The one of a network after which a container may not be what it was. Others come with an action of the container. */
const NETWORK_ACTION = 'disconnect';

/** The one of an image after which it isn't there any more. */
const IMAGE_ACTION = 'delete';

/** When to try again, and when to look whether the engine is still there. Milliseconds. */
export interface EventTimes {
  first_delay: number;
  longest_delay: number;
  /** A stream that was open this long was fine: the next delay is the first one again. */
  settled_after: number;
  /**
   * A quiet stream is checked this often, since an engine that hangs is as quiet. It need not be more often than
   * everything is looked at anyway: what happens on such an engine is seen then.
   */
  check_every: number;
  check_limit: number;
}

export const EVENT_TIMES: EventTimes = {
  first_delay: 100,
  longest_delay: 5_000,
  settled_after: 10_000,
  check_every: 300_000,
  check_limit: 10_000,
};

/** Seconds. After it there is a new connection, after which all is looked at, so nothing is missed. */
const LOOK_UP_LIMIT = 10;

/**
 * A connection over a network on which nothing comes is probed by the kernel after so long, milliseconds: the engine isn't
 * asked for that. It finds out that the other machine is gone, or was started anew and knows nothing of the stream.
 */
const PROBE_AFTER = 30_000;

/** What is read of a line; nothing of it is certain. */
interface EventLine {
  Type?: unknown;
  Action?: unknown;
  Actor?: { ID?: unknown; Attributes?: Record<string, string> };
}

/** The port's event stream: see `ContainerRuntime.events`. */
export async function* containerEvents(
  client: DockerClient,
  scope: string,
  signal: AbortSignal,
  random: () => number,
  times: EventTimes = EVENT_TIMES,
): AsyncGenerator<RuntimeEvent, void, undefined> {
  let attempt = 0;
  let lost = false;
  while (!signal.aborted) {
    const opened = performance.now();
    try {
      for await (const event of oneConnection(client, scope, signal, times)) {
        lost = false;
        yield event;
      }
    } catch {
      // Whatever ended it, `connected` makes the reader look at everything after the next connection.
    }
    if (!lost && !signal.aborted) yield { action: 'lost', app_name: null };
    lost = true;
    attempt = performance.now() - opened > times.settled_after ? 0 : attempt + 1;
    const longest = Math.min(times.longest_delay, times.first_delay * 2 ** attempt);
    await sleep(random() * longest, undefined, { signal }).catch(() => undefined);
  }
}

async function* oneConnection(
  client: DockerClient,
  scope: string,
  signal: AbortSignal,
  times: EventTimes,
): AsyncGenerator<RuntimeEvent, void, undefined> {
  const dead = new AbortController();
  const options = {
    // The engine answers before it listens to itself; what happens in between is kept and sent because of this.
    since: Math.floor((await engineFacts(client)).time / 1000),
    filters: {
      type: ['container' as const, 'network' as const, 'image' as const],
      event: [...CONTAINER_ACTIONS, ...Object.keys(OF_PODMAN), NETWORK_ACTION, IMAGE_ACTION],
    },
    abortSignal: AbortSignal.any([signal, dead.signal]),
  };
  const stream = await client.open(READ_LIMIT, (docker) => docker.getEvents({ ...options }));
  if (stream instanceof IncomingMessage) stream.socket.setKeepAlive(true, PROBE_AFTER);
  const check = setInterval(() => {
    client
      .open(times.check_limit / 1000, (docker) => docker.ping())
      .catch(() => {
        dead.abort();
      });
  }, times.check_every);
  try {
    yield { action: 'connected', app_name: null };
    for await (const line of jsonLines(stream)) {
      const event = readEvent(line, scope) ?? (await readDisconnect(line, scope, client));
      if (event) yield event;
    }
  } finally {
    clearInterval(check);
    dead.abort();
  }
}

/** An event line in domain terms; null for one that says nothing about a container or an image. */
export function readEvent(line: unknown, scope: string): RuntimeEvent | null {
  const { Type, Action, Actor } = line as EventLine;
  if (Type === 'image' && isRemoval(Action))
    return { action: IMAGE_ACTION, app_name: null, ...imageOf(Actor?.ID) };
  if (Type !== 'container' || typeof Action !== 'string') return null;
  // The engine writes "health_status: healthy".
  const word = Action.split(':')[0] ?? Action;
  const action = OF_PODMAN[word] ?? word;
  if (!CONTAINER_ACTIONS.includes(action)) return null;
  return { action, app_name: appOf(Actor?.Attributes ?? {}, scope) };
}

/** Podman has its own word for it, too. */
function isRemoval(action: unknown): boolean {
  return action === IMAGE_ACTION || action === 'remove';
}

/** The events of Podman have an id without the kind of its digest, which its lists have. */
function imageOf(id: unknown): Pick<RuntimeEvent, 'image_id'> {
  if (typeof id !== 'string' || id === '') return {};
  return { image_id: /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id };
}

/**
 * A container that runs has lost a network. The event knows the container's id alone, so the engine is asked for its
 * labels: the list, since an inspection would wait for a container that is being stopped. Null for one that doesn't
 * run any more: it has lost all of its networks and has an event of its own.
 */
async function readDisconnect(
  line: unknown,
  scope: string,
  client: DockerClient,
): Promise<RuntimeEvent | null> {
  const { Type, Action, Actor } = line as EventLine;
  const id = Actor?.Attributes?.['container'];
  if (Type !== 'network' || Action !== NETWORK_ACTION || !id) return null;
  const [container] = await client.open(LOOK_UP_LIMIT, (docker, abortSignal) =>
    docker.listContainers({ filters: { id: [id] }, abortSignal }),
  );
  return container ? { action: NETWORK_ACTION, app_name: appOf(container.Labels, scope) } : null;
}

function appOf(labels: Record<string, string>, scope: string): string | null {
  return isOwn(labels, scope) ? (labels[LABELS.app] ?? null) : null;
}
