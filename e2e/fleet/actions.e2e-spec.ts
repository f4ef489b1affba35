import { describeActions } from '../testing/fleet-actions.js';

describeActions();
