/**
 * What every part of the benchmark is given.
 */

/** @import Docker from 'dockerode' */
/** @import { Settings } from '../arguments.mjs' */
/** @import { Line } from '../report/lines.mjs' */
/** @import { CleanUp } from './clean-up.mjs' */

/**
 * @typedef {object} Bench
 * @property {string} run random; part of the name of everything that is made
 * @property {string} folder for files of this run, removed at its end
 * @property {string} dockerHost
 * @property {Docker} docker
 * @property {Settings} settings
 * @property {CleanUp} cleanUp
 * @property {AbortSignal} stopping aborted by SIGINT and SIGTERM
 * @property {(text: string) => void} say progress, for people
 */

/**
 * @typedef {object} PartResult
 * @property {Line[]} lines
 * @property {Record<string, unknown>} details every sample and how it came about, for the JSON
 */

/** @typedef {(bench: Bench) => Promise<PartResult>} Part */

export {};
