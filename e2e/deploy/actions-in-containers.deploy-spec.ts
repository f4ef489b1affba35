import { buildNebulaImage } from '../../tools/services/nebula-images.mjs';
import { describeActions } from '../testing/fleet-actions.js';
import { describeUpdates, UPDATED } from '../testing/fleet-updates.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';

// The same as of workers that are processes. Each container has the socket of the engine of its server.
const fleetOf = describeActions({
  workerImage: async () => ({ host: ENGINE, image: await buildNebulaImage(ENGINE, 'worker') }),
  apps: [UPDATED],
});

// Of processes, integration tests of the worker have them.
describeUpdates(fleetOf);
