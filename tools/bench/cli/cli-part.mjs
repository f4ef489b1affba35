/**
 * How long the command line takes from its start to its end, against a Node that does nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bundleCommandLine } from '../../bundle/bundle-command-line.mjs';
import { apiAt } from '../../start/api-client.mjs';
import { loadedSpec } from '../api/loaded-app.mjs';
import { line } from '../report/lines.mjs';
import { summarize } from '../report/statistics.mjs';
import { Child } from '../running/child.mjs';

/** @import { Bench, PartResult } from '../running/bench.mjs' */

/** Apps that are listed. */
const APPS = 20;

/** Starts of each kind in a round. */
const STARTS = 20;

/** Longer than that people take for slow, seconds. */
const START_AT_MOST = 0.2;

const START_LIMIT_MS = 60_000;
const API_PROCESS = join(import.meta.dirname, '..', 'api', 'api-process.mjs');

/** Beside each other, as machines have moods. */
const KINDS = /** @type {const} */ (['bare', 'version', 'list']);

/** @typedef {Record<typeof KINDS[number], number[]>} Samples seconds */

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureCli(bench) {
  const { folder, say, settings, stopping } = bench;
  const bundle = await bundleCommandLine(folder);
  const api = Child.start(bench, API_PROCESS, {
    ...{ database: join(folder, 'cli.db'), feed: join(folder, 'cli-feed'), administrator: null },
  });
  const { url } = /** @type {{ url: string }} */ (await api.ask(null, START_LIMIT_MS));
  for (let index = 0; index < APPS; index += 1) await apiAt(url).create(loadedSpec(`bench-${index}`));

  /** @type {Record<typeof KINDS[number], string[]>} */
  const args = {
    bare: ['-e', '0'],
    version: [bundle, '--version'],
    list: [bundle, 'app', 'list'],
  };
  /** @type {Samples} */
  const samples = { bare: [], version: [], list: [] };
  for (let round = 1; round <= settings.rounds; round += 1) {
    say(`  round ${round}: ${STARTS} starts of each …`);
    for (let start = 0; start < STARTS; start += 1) {
      for (const kind of KINDS) {
        stopping.throwIfAborted();
        samples[kind].push(await secondsOf(args[kind], folder, url));
      }
    }
  }
  return { lines: linesOf(samples), details: { apps: APPS, samples } };
}

/**
 * @param {string[]} args of node
 * @param {string} folder to work in, and for the configuration
 * @param {string} url
 * @returns {Promise<number>} from before the start until the process has ended, seconds
 */
async function secondsOf(args, folder, url) {
  const begin = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { XDG_CONFIG_HOME: folder, NEBULA_URL: url },
    stdio: ['ignore', 'ignore', 2],
  });
  const [code] = /** @type {[number | null]} */ (await once(child, 'exit'));
  const seconds = (performance.now() - begin) / 1_000;
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${String(code)}`);
  return seconds;
}

/** @param {Samples} samples */
function linesOf({ bare, version, list }) {
  const common = /** @type {const} */ ({ part: 'cli', unit: 's', valueAtMost: START_AT_MOST });
  const baseline = { is: 'node -e 0', value: summarize(bare) };
  return [
    line({ ...common, what: 'nebulactl --version', value: summarize(version), baseline }),
    line({ ...common, what: `nebulactl app list, of ${APPS} apps`, value: summarize(list), baseline }),
  ];
}
