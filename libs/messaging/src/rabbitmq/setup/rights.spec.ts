import { describe, expect, it } from '@jest/globals';
import { API_RIGHTS, WORKER_RIGHTS } from './rights.js';

const may = (pattern: string, name: string) => new RegExp(pattern).test(name);

describe('the rights', () => {
  it.each(['amq.default', 'amq.direct', 'nebula.app.shop', 'other'])(
    'a worker can not write to %s',
    (name) => {
      expect(may(WORKER_RIGHTS.write, name)).toBe(false);
    },
  );

  it.each(['nebula.reports', 'nebula.app.shop', 'other'])('a worker can not declare or delete %s', (name) => {
    expect(may(WORKER_RIGHTS.configure, name)).toBe(false);
  });

  it('a worker reads streams and not the reports of others', () => {
    expect(may(WORKER_RIGHTS.read, 'nebula.app.shop')).toBe(true);
    expect(may(WORKER_RIGHTS.read, 'nebula.reports')).toBe(false);
  });

  it('the api reaches streams and reports, and nothing of others', () => {
    expect(may(API_RIGHTS.configure, 'nebula.app.shop')).toBe(true);
    for (const right of [API_RIGHTS.configure, API_RIGHTS.write, API_RIGHTS.read]) {
      expect(may(right, 'other')).toBe(false);
      expect(may(right, 'x.nebula.app.shop')).toBe(false);
    }
  });
});
