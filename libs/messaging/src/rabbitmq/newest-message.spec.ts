import { beforeEach, expect, it } from '@jest/globals';
import { MAX_MESSAGE_BYTES, parseDesiredState } from '@nebula/contracts';
import { messageOfSize } from '../testing/feed-contract.js';
import { wanted } from '../testing/messages.js';
import { NewestMessage } from './newest-message.js';

let newest: NewestMessage;

beforeEach(() => {
  newest = new NewestMessage('shop');
});

function add(...payloads: unknown[]): void {
  for (const payload of payloads)
    newest.add(Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)));
}

const invalid = (revision: number) => ({ ...wanted('shop', revision), digest: 'wrong' });

it('is the highest, whatever came after it, and taken once', () => {
  expect(newest.take()).toEqual([]);
  add(wanted('shop', 1), { ...wanted('shop', 3), epoch: 2 }, wanted('shop', 9), wanted('shop', 2));
  expect(newest.take()).toEqual([{ ...wanted('shop', 3), epoch: 2 }]);
  expect(newest.take()).toEqual([]);
  add(wanted('shop', 2));
  expect(newest.take()).toEqual([wanted('shop', 2)]);
});

it('is not hidden by what is no message, and that is told when it came last', () => {
  add(wanted('shop', 1), '', 'garbage', invalid(99), wanted('web', 100));
  expect(newest.take()).toEqual([wanted('shop', 1), wanted('web', 100)]);
  add(wanted('shop', 1), '{"app_name"');
  expect(newest.take()).toEqual([wanted('shop', 1), undefined]);
  add(wanted('shop', 1), invalid(99));
  expect(newest.take()).toEqual([wanted('shop', 1), invalid(99)]);
  add('garbage', invalid(99), wanted('shop', 2));
  expect(newest.take()).toEqual([wanted('shop', 2)]);
  add(invalid(98), invalid(97));
  expect(newest.take()).toEqual([invalid(97)]);
});

it('comes with another that has its position and says something else', () => {
  const rival = wanted('shop', 4, { A: 'other' });
  add(wanted('shop', 4), rival, wanted('shop', 4), wanted('shop', 3));
  expect(newest.take()).toEqual([wanted('shop', 4), rival]);
});

it('is found among more than can be kept', () => {
  for (let revision = 1; revision <= 500; revision += 1) add(wanted('shop', revision));
  add(invalid(501));
  expect(newest.take()).toEqual([wanted('shop', 500), invalid(501)]);
  for (let revision = 1; revision <= 20; revision += 1)
    add(messageOfSize('shop', revision, MAX_MESSAGE_BYTES), invalid(90));
  add(wanted('shop', 1));
  expect(newest.take().map((payload) => (payload as { revision: number }).revision)).toEqual([20]);
});

it('is not what is too large to be a message', () => {
  add(wanted('shop', 1), messageOfSize('shop', 2, MAX_MESSAGE_BYTES + 1));
  expect(newest.take()).toEqual([wanted('shop', 1), undefined]);
});

it('is a tombstone or a message of a newer program like any other', () => {
  const future = { ...wanted('shop', 7), schema: 9, min_reader: 9 };
  expect(parseDesiredState(future).ok).toBe(false);
  add(wanted('shop', 6), future);
  expect(newest.take()).toEqual([wanted('shop', 6), future]);
});
