/**
 * A network namespace for an engine of our own, in which it has every port of a server to itself.
 *
 * Several engines in one namespace share its ports, so that two of them can't publish the same one. In a namespace of
 * its own an engine is what it is on a server of its own: what it publishes can be reached in there alone.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ip } from './ip-command.mjs';

/** Where the command ip keeps them. */
const FOLDER = '/run/netns';

/**
 * Makes the namespace, with its loopback interface, unless it is there.
 * @param {string} name
 * @throws {Error} in the words of the command ip
 */
export function ensureNamespace(name) {
  if (hasNamespace(name)) return;
  const problem = ip('netns', 'add', name).problem ?? ip('-netns', name, 'link', 'set', 'lo', 'up').problem;
  if (problem) throw new Error(`the network namespace ${name} can't be set up: ${problem}`);
}

/** @param {string} name @returns {boolean} */
export function hasNamespace(name) {
  return existsSync(join(FOLDER, name));
}

/** @param {string} name of one in which nothing runs any more */
export function removeNamespace(name) {
  if (hasNamespace(name)) ip('netns', 'delete', name);
}

/**
 * A command that runs another one in a namespace, in its own process.
 * @param {string} name
 * @param {string[]} command
 * @returns {[string, ...string[]]}
 */
export function inNamespace(name, ...command) {
  // Not ip netns exec, which hides the control groups of the machine.
  return ['nsenter', `--net=${join(FOLDER, name)}`, ...command];
}
