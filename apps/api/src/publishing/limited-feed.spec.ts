import { setImmediate as turn } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import type { DesiredStateFeed } from '@nebula/messaging';
import { LimitedFeed } from './limited-feed.js';

it('takes many calls at the same time for no leak, and ends them all when it is stopped', async () => {
  // Jest gives tests a copy of `process`, to which no warning goes.
  const program = runInThisContext('process') as NodeJS.Process;
  const warnings: string[] = [];
  const note = ({ message }: Error) => void warnings.push(message);
  program.on('warning', note);
  const hanging: DesiredStateFeed = {
    region: 'local',
    publish: () => new Promise<never>(() => {}),
    readNewest: () => new Promise<never>(() => {}),
    readHighest: () => new Promise<never>(() => {}),
    removeDeleted: () => new Promise<never>(() => {}),
    problem: () => null,
    close: async () => {},
  };
  const stopping = new AbortController();
  const feed = new LimitedFeed(hanging, 60_000, stopping.signal);
  const calls = Array.from({ length: 100 }, (_, number) => feed.readNewest(`app-${number}`));
  await turn();
  stopping.abort(new Error('stopped'));
  const results = await Promise.allSettled(calls);
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
  program.off('warning', note);
  expect(warnings).toEqual([]);
});
