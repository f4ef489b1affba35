/**
 * What every part of the fleet's benchmark is given.
 */

/** @import { Surroundings } from '../running/bench.mjs' */
/** @import { FleetSettings } from './arguments.mjs' */

/** @typedef {Surroundings & { settings: FleetSettings }} FleetBench */

export {};
