/**
 * Prometheus servers of our own, for tests: on loopback, each with a folder and a port of its own.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePackages } from '../engine/packages.mjs';
import { end } from '../engine/processes.mjs';
import { freePorts } from './free-port.mjs';

/** The package of Debian and Ubuntu, which has promtool, too. */
export const PROMETHEUS_PACKAGE = 'prometheus';

const START_LIMIT_MS = 60_000;

/**
 * Starts one and waits until it serves.
 * @param {object} options
 * @param {string} options.folder for its data; made when it is missing
 * @param {string} options.config text of its configuration file, in whose folder relative paths begin
 * @param {(line: string) => void} [options.say] told what is installed
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 * @throws {Error} with what to do, or with the end of its log
 */
export async function startPrometheus({ folder, config, say = () => {} }) {
  await ensurePackages([PROMETHEUS_PACKAGE], say);
  const [port = 0] = await freePorts(1);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'prometheus.yml');
  const logFile = join(folder, 'prometheus.log');
  await writeFile(file, config, { mode: 0o600 });
  const log = openSync(logFile, 'w', 0o600);
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn('prometheus', options, { cwd: folder, stdio: ['ignore', log, log] });
  closeSync(log);
  await new Promise((started, failed) => child.once('spawn', started).once('error', failed));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) await end(child.pid ?? 0, 10_000);
  };
  for (const deadline = performance.now() + START_LIMIT_MS; ; await sleep(50)) {
    const isReady = await fetch(`${url}/-/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return { url, stop };
    if (child.exitCode === null && performance.now() < deadline) continue;
    await stop();
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
    throw new Error(`Prometheus does not serve:\n${lines.slice(-10).join('\n')}`);
  }
}

/**
 * Runs promtool.
 * @param {string[]} args
 * @param {string} folder in which it runs
 * @param {object} [options]
 * @param {string} [options.input] what it reads from its standard input
 * @param {(line: string) => void} [options.say] told what is installed
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export async function promtool(args, folder, { input = '', say = () => {} } = {}) {
  await ensurePackages([PROMETHEUS_PACKAGE], say);
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8', input });
  return { code: status, output: `${stdout}${stderr}` };
}
