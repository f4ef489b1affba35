import { invalidQuery, problemOf, type Query, readPage } from '../http/page-query.js';
import { type AppPageQuery, FLEET_STATES, type FleetState } from '../store/fleet-records.js';

/** What the status of an app can be asked for. */
export const STATUS_PARAMETERS = ['limit', 'cursor', 'state', 'sort'];

const SORTS = ['worker_id', 'slowest'];

const LONGEST_WORKER_ID = 255;

/** @throws {ProblemError} with every parameter that is wrong */
export function readStatusQuery(query: Query): AppPageQuery {
  const { state, sort = 'worker_id' } = query;
  const bySlowest = sort === 'slowest';
  const { page, problems } = readPage(query, bySlowest ? isSlowestKey : isWorkerId);
  if (state !== undefined && !isFleetState(state))
    problems.push(problemOf('state', state, `must be one of ${FLEET_STATES.join(', ')}`));
  if (!SORTS.includes(sort)) problems.push(problemOf('sort', sort, `must be one of ${SORTS.join(', ')}`));
  if (problems.length > 0) throw invalidQuery(problems);
  const { limit, after } = page;
  return {
    limit,
    ...(state !== undefined && isFleetState(state) ? { state } : {}),
    order: bySlowest
      ? { by: 'slowest', ...(after === undefined ? {} : { after: fromSlowestKey(after) }) }
      : { by: 'worker_id', ...(after === undefined ? {} : { after }) },
  };
}

/** The key of a row in the order that was asked for. */
export function keyOf(
  { by }: AppPageQuery['order'],
  { took_ms, worker_id }: { took_ms: number | null; worker_id: string },
): string {
  return by === 'slowest' ? `${took_ms ?? 0}:${worker_id}` : worker_id;
}

export function isWorkerId(text: string): boolean {
  return text !== '' && text.length <= LONGEST_WORKER_ID;
}

function isFleetState(text: string): text is FleetState {
  return (FLEET_STATES as readonly string[]).includes(text);
}

function isSlowestKey(key: string): boolean {
  return /^[0-9]{1,15}:/.test(key) && isWorkerId(fromSlowestKey(key).worker_id);
}

function fromSlowestKey(key: string): { took_ms: number; worker_id: string } {
  const at = key.indexOf(':');
  return { took_ms: Number(key.slice(0, at)), worker_id: key.slice(at + 1) };
}
