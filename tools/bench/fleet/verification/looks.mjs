/**
 * How long it takes to look at many apps through the api.
 */
import { percentile } from '../../report/statistics.mjs';
import { line } from '../../report/lines.mjs';

/** @import { Line } from '../../report/lines.mjs' */
/** @import { OwnApi } from '../api/own-api.mjs' */

/** Apps on a page, and how often the status of one is asked for. */
const PAGE = 100;
const STATUSES = 50;

/**
 * @param {OwnApi} api with so many apps
 * @param {readonly string[]} names of them
 * @returns {Promise<Line[]>}
 */
export async function measureLooks(api, names) {
  /** @type {number[]} */
  const pages = [];
  let cursor = '';
  let listed = 0;
  do {
    const { took, answer } = await timed(api, `/apps?limit=${PAGE}${cursor}`);
    const { items, next_cursor } = /** @type {{ items: object[], next_cursor: string | null }} */ (answer);
    pages.push(took);
    listed += items.length;
    cursor = next_cursor === null ? '' : `&cursor=${encodeURIComponent(next_cursor)}`;
  } while (cursor !== '');
  if (listed !== names.length) throw new Error(`the pages have ${listed} apps of ${names.length}`);

  /** @type {number[]} */
  const statuses = [];
  for (const name of names.slice(0, STATUSES)) statuses.push((await timed(api, `/apps/${name}/status`)).took);

  /** @param {string} what @param {number[]} samples @param {50 | 99} percent */
  const of = (what, samples, percent) =>
    line({
      ...{ part: 'verification', what: `${names.length} apps: ${what}, p${percent}`, unit: 'ms' },
      value: percentile(samples, percent),
    });
  const page = `one page of ${PAGE}`;
  const status = 'status of one';
  return [of(page, pages, 50), of(page, pages, 99), of(status, statuses, 50), of(status, statuses, 99)];
}

/** @param {OwnApi} api @param {string} path */
async function timed(api, path) {
  const begin = performance.now();
  const answer = await api.call('GET', path);
  return { took: performance.now() - begin, answer };
}
