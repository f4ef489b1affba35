import { describe, expect, it } from '@jest/globals';
import { recordOf, specOf } from '../store/testing/records.js';
import { isLive, toAnswer } from './app-answer.js';

describe('the answer of an app', () => {
  it('is the whole spec and what the api knows, the name and the image first', () => {
    const spec = specOf('shop', { docker_image: 'shop:2' });
    const record = recordOf('shop', { spec, revision: 7 });
    if (!isLive(record)) throw new Error('the record is that of a live app');
    const answer = toAnswer(record);
    const names = Object.keys(answer);
    expect(answer).toEqual({
      ...spec,
      revision: 7,
      created_at: record.created_at,
      updated_at: record.updated_at,
    });
    expect(names.slice(0, 2)).toEqual(['app_name', 'docker_image']);
    expect(names.slice(-3)).toEqual(['revision', 'created_at', 'updated_at']);
  });
});
