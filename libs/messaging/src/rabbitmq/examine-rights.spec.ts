import { expect, it } from '@jest/globals';
import type { Channel } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { examineRights } from './examine-rights.js';

/** A connection on which each call is noted, and those of these names fail. */
function connectionThat(failing: Record<string, Error>) {
  const calls: string[] = [];
  const call = (name: string) => async () => {
    calls.push(name);
    if (failing[name]) throw failing[name];
  };
  const channel = {
    ...{ assertQueue: call('assertQueue'), sendToQueue: () => true, prefetch: call('prefetch') },
    ...{ get: call('get'), deleteQueue: call('deleteQueue'), checkQueue: call('checkQueue') },
    checkExchange: call('checkExchange'),
    close: call('close'),
  } as unknown as Channel;
  const connection = {
    isOpen: true,
    openChannel: async () => channel,
    answered: async <T>(_what: string, answer: Promise<T>) => await answer,
  } as unknown as BrokerConnection;
  return { calls: () => calls.filter((name) => name !== 'close'), connection };
}

const refused = (text: string) => Object.assign(new Error(`403 ACCESS_REFUSED - ${text}`), { code: 403 });

it('a queue that was made is removed after an error that says nothing of rights, which is told', async () => {
  const error = Object.assign(new Error('541 INTERNAL_ERROR'), { code: 541 });
  for (const name of ['prefetch', 'get']) {
    const { connection, calls } = connectionThat({ [name]: error, deleteQueue: refused('no configure') });
    await expect(examineRights(connection)).rejects.toBe(error);
    expect(calls().at(-1)).toBe('deleteQueue');
  }
});

it('every right that is missing is told, and the queue removed', async () => {
  const { connection, calls } = connectionThat({ prefetch: refused('no write'), get: refused('no read') });
  expect((await examineRights(connection)).map(({ problem }) => problem)).toEqual([
    'The api may not append to streams (write on amq.default): no write.',
    'The api may not read streams (read on nebula.app.*): no read.',
  ]);
  expect(calls()).toEqual(['assertQueue', 'prefetch', 'get', 'deleteQueue', 'checkExchange', 'checkQueue']);
});

it('nothing is tried on a queue that could not be made', async () => {
  const { connection, calls } = connectionThat({ assertQueue: refused('no configure') });
  expect(await examineRights(connection)).toHaveLength(1);
  expect(calls()).toEqual(['assertQueue', 'checkExchange', 'checkQueue']);
});

it('what is missing on the way of the reports is told, each for itself', async () => {
  const gone = Object.assign(new Error("404 NOT_FOUND - no exchange 'nebula.reports'"), { code: 404 });
  for (const [name, what] of [
    ['checkExchange', 'exchange'],
    ['checkQueue', 'queue'],
  ]) {
    const { connection } = connectionThat({ [String(name)]: gone });
    expect((await examineRights(connection)).map(({ problem }) => problem)).toEqual([
      `There is no ${what} nebula.reports, so workers can not report.`,
    ]);
  }
});
