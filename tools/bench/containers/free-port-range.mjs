/**
 * Host ports for the containers of a measurement.
 */
import { freePorts, portsInUse } from '../../start/free-ports.mjs';

/** @import { Engine } from '../running/bench.mjs' */

/** Below the range that the kernel gives to outgoing connections (32768 up), which come and go. */
const FROM = 21_000;

/**
 * @param {Engine & { settings: { containers: number } }} bench
 * @returns {Promise<number>} the first of as many neighbouring free ports as there are containers
 */
export async function freePortRange({ docker, settings }) {
  return freePorts(FROM, settings.containers, await portsInUse(docker));
}
