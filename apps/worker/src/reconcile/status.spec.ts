import { expect, test } from '@jest/globals';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import { appState } from './status.js';
import { desiredApp, rightContainer, situation } from './testing/builders.js';

const app = desiredApp();
const stopped = desiredApp({ running: false });
const gone = desiredApp({}, { deleted: true, spec: null });
const c = (more: Partial<ObservedContainer> = {}) => rightContainer(app, 1, more);

test.each([
  ['converged', 'what shall run runs', app, [c()]],
  ['converging', 'something is to be done', app, []],
  ['converging', 'the engine is removing a container', app, [c({ state: 'removing' })]],
  ['failed', 'a container ends again and again', app, [c({ state: 'restarting', restart_count: 2 })]],
  ['converging', 'a container has ended once', app, [c({ state: 'restarting', restart_count: 1 })]],
  ['converging', 'a health check has not said anything yet', app, [c({ health: 'starting' })]],
  ['failed', 'a container is unhealthy', app, [c({ health: 'unhealthy' })]],
  [
    'failed',
    'this server cannot run it',
    desiredApp({ starting_ports: [65_535], containers_per: { server: 2 } }),
    [],
  ],
  ['converged', 'a stopped app has no containers', stopped, []],
  ['converging', 'a stopped app has a container', stopped, [c()]],
  ['converged', 'a deleted app has no containers', gone, []],
  ['converging', 'a deleted app has a container', gone, [c()]],
])('%s: %s', (state, _when, desired, containers) => {
  const input = situation(desired, containers);
  expect(appState(plan(input), desired, input.observed)).toBe(state);
});
