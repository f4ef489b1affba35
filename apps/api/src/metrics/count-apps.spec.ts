import { expect, it } from '@jest/globals';
import type { FleetCensus } from '../store/fleet-records.js';
import { countApps } from './count-apps.js';

type Place = FleetCensus['places'][number];

const place = (given: Partial<Place>): Place => ({
  ...{
    app_name: 'shop',
    epoch: 1,
    revision: 7,
    deleted: false,
    state: 'converged',
    offline: false,
    workers: 1,
  },
  ...given,
});

it('workers of apps are counted by how far they are with what is wanted', () => {
  const places = [
    place({ workers: 5 }),
    place({ state: 'failed', workers: 2 }),
    place({ revision: 6, workers: 3 }),
    place({ revision: 6, state: 'failed', workers: 4 }),
    place({ epoch: 2 }),
    place({ state: 'failed', offline: true, workers: 6 }),
    place({ app_name: 'deleted', deleted: true }),
  ];
  const revisions = new Map([
    ['shop', 7],
    ['nobody-runs-it', 1],
  ]);
  expect([...countApps({ places }, 1, revisions)]).toEqual([
    ['shop', { converged: 5, failed: 2, converging: 8, offline: 6 }],
    ['nobody-runs-it', { converged: 0, failed: 0, converging: 0, offline: 0 }],
  ]);
});
