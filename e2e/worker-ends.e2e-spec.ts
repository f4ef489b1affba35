import { describeWorkerEnds } from './testing/worker-ends.js';

describeWorkerEnds();
