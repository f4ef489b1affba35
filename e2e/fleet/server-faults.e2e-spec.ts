import { describeServerFaults } from '../testing/fleet-server-faults.js';

describeServerFaults();
