import { buildNebulaImage } from '../../tools/services/nebula-images.mjs';
import { describeServerFaults } from '../testing/fleet-server-faults.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';

// The same as of workers that are processes. Each container has the folder with the socket of its server's engine.
describeServerFaults(async () => ({ host: ENGINE, image: await buildNebulaImage(ENGINE, 'worker') }));
