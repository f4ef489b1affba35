import { describe, expect, it } from '@jest/globals';
import { NO_TOKENS, parseDesiredState } from '@nebula/contracts';
import { recordOf, specOf, tombstoneOf } from '../store/testing/records.js';
import { desiredStateMessage } from './desired-state-message.js';

describe('the message of a record', () => {
  const spec = specOf('shop', { env_vars: { A: '1' }, running: true });
  const record = recordOf('shop', { spec, revision: 7, tokens: { ...NO_TOKENS, restart: 3, release: 0 } });

  it('is one that workers take', () => {
    const message = desiredStateMessage(record, 4);
    expect(parseDesiredState(JSON.parse(JSON.stringify(message)))).toEqual({ ok: true, value: message });
    const tombstone = desiredStateMessage(tombstoneOf('shop', { revision: 8 }), 4);
    expect(parseDesiredState(JSON.parse(JSON.stringify(tombstone)))).toEqual({ ok: true, value: tombstone });
    expect(tombstone).toMatchObject({ deleted: true, spec: null, epoch: 4, revision: 8 });
  });

  it('leaves out what has its default value', () => {
    expect(desiredStateMessage(record, 4)).toMatchObject({
      ...{ app_name: 'shop', epoch: 4, revision: 7, deleted: false, issued_at: record.updated_at },
      tokens: { restart: 3, release: 0 },
    });
    expect(desiredStateMessage(record, 4).spec).toEqual({
      ...{ app_name: 'shop', docker_image: 'shop:1', env_vars: { A: '1' } },
    });
  });

  it('has a digest of what workers act on, and of nothing else', () => {
    const digest = (changes: object, epoch = 4) =>
      desiredStateMessage({ ...record, ...changes }, epoch).digest;
    const same = digest({});
    expect(digest({ revision: 9, updated_at: '2027-01-01T00:00:00.000Z' }, 5)).toBe(same);
    expect(digest({ tokens: { ...NO_TOKENS, restart: 4, release: 0 } })).not.toBe(same);
    expect(digest({ spec: { ...spec, running: false } })).not.toBe(same);
    expect(digest({ spec: null })).not.toBe(same);
  });
});
