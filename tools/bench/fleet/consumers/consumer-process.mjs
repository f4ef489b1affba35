/**
 * Many consumers of one stream in one process, each with a connection of its own: those of our feed, or raw ones.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { answerQuestions, input, tell } from '../../api/question.mjs';
import { heartbeatOf } from '../reports/reported-messages.mjs';
import { nebulaConsumer } from './nebula-consumer.mjs';
import { rawConsumer } from './raw-consumer.mjs';
import { Knowledge } from './knowledge.mjs';

/** @import { RabbitOptions } from '@nebula/messaging' */
/** @import { NebulaConsumer } from './nebula-consumer.mjs' */

/**
 * `other`: an app that ours follow, too.
 * @typedef {{ kind: 'nebula' | 'raw', rabbit: RabbitOptions, app: string, other?: string }} ConsumerInput
 */

/**
 * `connect`: until there are so many, and each knows what is newest. `report`: from now on ours send
 * heartbeats, as workers that are counted from `first`. `await`: until each knows this revision of an app. `idle`:
 * until nothing is left to do. `close`: ends all connections in order.
 * @typedef {{ do: 'connect', count: number } | { do: 'report', first: number } | { do: 'await', app: string, revision: number } | { do: 'idle' } | { do: 'close' }} ConsumerQuestion
 */

/** So many connect at the same time. */
const PARALLEL = 25;

/** A process that has used less than this part of such a time has nothing to do, and it is not waited for longer. */
const IDLE_PART = 0.1;
const IDLE_MS = 25;
const IDLE_LIMIT_MS = 2_000;

/** @type {ConsumerInput} */
const { kind, rabbit, app, other } = input();
const knowledge = new Knowledge();
/** Of the other app. */
const otherKnowledge = new Knowledge();
/** @type {({ close: () => Promise<void> } & Partial<NebulaConsumer>)[]} */
const consumers = [];
const boot = randomUUID();
/** Of all heartbeats. */
let sequence = 0;

answerQuestions(answer);
tell('ready');

/** @param {ConsumerQuestion} question */
async function answer(question) {
  switch (question.do) {
    case 'connect': {
      const missing = question.count - consumers.length;
      const places = Array.from({ length: Math.max(0, missing) }, () => {
        if (other !== undefined) otherKnowledge.add();
        return knowledge.add();
      });
      await Promise.all(Array.from({ length: PARALLEL }, () => connectOf(places)));
      return { count: consumers.length };
    }
    case 'report':
      for (const [index, { beginHeartbeats }] of consumers.entries()) {
        beginHeartbeats?.(() => heartbeatOf(question.first + index, (sequence += 1), boot, app));
      }
      return 'reporting';
    case 'await':
      return await knowledgeOf(question.app).all(question.revision);
    case 'idle':
      await idle();
      return 'idle';
    case 'close':
      await Promise.all(consumers.map(({ close }) => close()));
      return 'closed';
  }
}

/** @param {number[]} places that are left */
async function connectOf(places) {
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const index = place;
    const known = knowledge.known(index);
    const apps = other === undefined ? [app] : [app, other];
    consumers.push(
      kind === 'nebula'
        ? nebulaConsumer(rabbit, apps, (name, revision) => knowledgeOf(name).note(index, revision))
        : await rawConsumer(rabbit, app, (revision) => knowledge.note(index, revision)),
    );
    await known;
  }
}

/** @param {string} name of an app */
function knowledgeOf(name) {
  return name === other ? otherKnowledge : knowledge;
}

async function idle() {
  for (let waited = 0; waited < IDLE_LIMIT_MS; waited += IDLE_MS) {
    const before = process.cpuUsage();
    await pause(IDLE_MS);
    const { user, system } = process.cpuUsage(before);
    if (user + system < IDLE_MS * 1000 * IDLE_PART) return;
  }
}
