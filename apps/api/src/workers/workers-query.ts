import { parseAppName, parseLabel } from '@nebula/contracts';
import { invalidQuery, problemOf, type Query, readPage } from '../http/page-query.js';
import type { WorkerPageQuery } from '../store/fleet-records.js';
import { isWorkerId } from './status-query.js';

/** What the list of workers can be asked for. */
export const WORKER_LIST_PARAMETERS = ['limit', 'cursor', 'state', 'app', 'label'];

/** @throws {ProblemError} with every parameter that is wrong */
export function readWorkersQuery(query: Query): Omit<WorkerPageQuery, 'silence'> {
  const { page, problems } = readPage(query, isWorkerId);
  const { state, app, label } = query;
  if (state !== undefined && state !== 'online' && state !== 'offline')
    problems.push(problemOf('state', state, 'must be online or offline'));
  if (app !== undefined && !parseAppName(app).ok)
    problems.push(problemOf('app', app, 'must be the name of an app'));
  const parsed = label === undefined ? null : parseLabel(label);
  if (parsed && !parsed.ok) problems.push(problemOf('label', label, parsed.problems[0]?.message ?? ''));
  if (problems.length > 0) throw invalidQuery(problems);
  return {
    ...page,
    ...(state === 'online' || state === 'offline' ? { state } : {}),
    ...(app === undefined ? {} : { app }),
    ...(parsed?.ok ? { label: { name: parsed.value[0], text: parsed.value[1] } } : {}),
  };
}
