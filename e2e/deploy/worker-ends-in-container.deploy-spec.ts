import { buildNebulaImage } from '../../tools/services/nebula-images.mjs';
import { describeWorkerEnds } from '../testing/worker-ends.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';

// The same as of a worker that is a process. The command that runs the container hands the signal on, as docker stop sends it.
describeWorkerEnds(async () => await buildNebulaImage(ENGINE, 'worker'));
