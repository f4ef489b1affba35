/**
 * What every part of a benchmark is given.
 */

/** @import Docker from 'dockerode' */
/** @import { Settings } from '../arguments.mjs' */
/** @import { Line } from '../report/lines.mjs' */
/** @import { CleanUp } from './clean-up.mjs' */

/**
 * What there is in every benchmark, whatever it measures.
 * @typedef {object} Surroundings
 * @property {string} run random; part of the name of everything that is made
 * @property {string} folder for files of this run, removed at its end
 * @property {CleanUp} cleanUp
 * @property {AbortSignal} stopping aborted by SIGINT and SIGTERM
 * @property {(text: string) => void} say progress, for people
 */

/** @typedef {{ docker: Docker, dockerHost: string }} Engine */

/** @typedef {Surroundings & Engine & { settings: Settings }} Bench what a part of `npm run bench` is given */

/**
 * @typedef {object} PartResult
 * @property {Line[]} lines
 * @property {Record<string, unknown>} details every sample and how it came about, for the JSON
 */

export {};
