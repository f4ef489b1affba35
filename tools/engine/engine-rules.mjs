/**
 * Rules of the firewall that an engine of our own leaves behind: dockerd removes none of them when it ends.
 *
 * Rules of all engines of a network namespace are in the same chains, so only those are removed that name an interface
 * of the engine. The chains stay, since other engines use them.
 */
import { execFileSync } from 'node:child_process';
import { isNativeError } from 'node:util/types';
import { WITH_SBIN } from './ip-command.mjs';

/** Both may be in use: Docker makes rules for IPv6 where it is told to. */
const FAMILIES = ['iptables', 'ip6tables'];

/** Seconds to wait for somebody else who changes rules. */
const WAIT = ['--wait', '10'];

/**
 * Removes every rule that names one of the interfaces. A rule that somebody else removes at the same time is no
 * problem, and where there is no firewall there is nothing to remove.
 * @param {readonly string[]} interfaces
 */
export function removeRules(interfaces) {
  for (const family of FAMILIES) {
    const saved = run(`${family}-save`) ?? '';
    for (const { table, rule } of rulesOf(saved, interfaces))
      run(family, ...WAIT, '--table', table, '--delete', ...rule);
  }
}

/**
 * @param {string} saved what iptables-save prints
 * @param {readonly string[]} interfaces
 * @returns {{ table: string, rule: string[] }[]} chain and specification of each rule that names one of them
 */
export function rulesOf(saved, interfaces) {
  const found = [];
  let table = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    if (!line.startsWith('-A ')) continue;
    const rule = line.slice('-A '.length).split(' ');
    const named = rule.some((word, index) => isInterface(rule[index - 1]) && interfaces.includes(word));
    if (named) found.push({ table, rule });
  }
  return found;
}

/** @param {string | undefined} option */
function isInterface(option) {
  return option === '-i' || option === '-o';
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {string | null} what it prints; null when it is missing or fails
 */
function run(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe', env: WITH_SBIN });
  } catch (error) {
    if (isNativeError(error)) return null;
    throw error;
  }
}
