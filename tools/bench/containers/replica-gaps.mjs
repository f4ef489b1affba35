/**
 * How long each replica was away in a replacement, as the engine's own events tell it.
 */
import { Readable } from 'node:stream';
import { LABELS } from '@nebula/contracts';
import { within } from '../running/until.mjs';

/** @import { Bench } from '../running/bench.mjs' */

/**
 * @typedef {object} ContainerEvent
 * @property {'die' | 'start'} action
 * @property {string} id
 * @property {string} replica
 * @property {number} at milliseconds since 1970, with fractions
 */

/** @typedef {{ Action: 'die' | 'start', timeNano: number, Actor: { ID: string, Attributes: Record<string, string> } }} EngineEvent */

/** Time for the last events to arrive after everything runs, milliseconds. */
const ARRIVAL_LIMIT_MS = 10_000;

/**
 * The time from the end of a replica's old container to the start of its next one.
 * @param {readonly ContainerEvent[]} events in any order
 * @returns {number[]} milliseconds, one for each replica that was replaced
 */
export function replicaGaps(events) {
  /** @type {Map<string, ContainerEvent>} */
  const ended = new Map();
  /** @type {number[]} */
  const gaps = [];
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    if (event.action === 'die') {
      ended.set(event.replica, event);
      continue;
    }
    const old = ended.get(event.replica);
    // A container that is started again is no replacement.
    if (!old || old.id === event.id) continue;
    gaps.push(event.at - old.at);
    ended.delete(event.replica);
  }
  return gaps;
}

/**
 * Listens from now on to the containers of a scope. The stream is read while it is written, since the engine
 * keeps only its newest 256 events.
 * @param {Bench} bench
 * @param {string} scope
 * @returns {Promise<{ gaps(count: number): Promise<number[]>, close(): void }>} `gaps` waits until there are
 *   `count` of them
 */
export async function watchGaps({ docker, stopping }, scope) {
  const stream = await docker.getEvents({
    since: Date.now() / 1000,
    filters: { type: ['container'], event: ['die', 'start'], label: [`${LABELS.scope}=${scope}`] },
  });
  /** @type {ContainerEvent[]} */
  const events = [];
  /** @type {() => void} */
  let arrived = () => undefined;
  let rest = '';
  stream.on('data', (/** @type {Buffer} */ chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.filter(Boolean).map(readEvent));
    arrived();
  });
  // Closing it ends the connection in the middle of an answer, which is an error to the stream.
  stream.on('error', () => undefined);

  return {
    gaps: (count) => {
      /** @type {Promise<number[]>} */
      const complete = new Promise((resolve) => {
        arrived = () => {
          const gaps = replicaGaps(events);
          if (gaps.length >= count) resolve(gaps);
        };
        arrived();
      });
      return within(`${count} replacements are seen in the engine's events`, complete, {
        limitMs: ARRIVAL_LIMIT_MS,
        stopping,
      });
    },
    close: () => {
      if (stream instanceof Readable) stream.destroy();
    },
  };
}

/** @type {(text: string) => EngineEvent} */
const parseEvent = JSON.parse;

/**
 * @param {string} text one event as JSON
 * @returns {ContainerEvent}
 */
function readEvent(text) {
  const { Action, timeNano, Actor } = parseEvent(text);
  return {
    action: Action,
    id: Actor.ID,
    replica: Actor.Attributes[LABELS.replica] ?? '',
    at: timeNano / 1_000_000,
  };
}
