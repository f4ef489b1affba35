import { closedObject, INSTANT, INTEGER, listOf, NEXT_CURSOR, orNull, ref, type Schema } from './schema.js';
import { DUPLICATE_SINCE, LAST_SEEN_AT, SECONDS_TO_CONVERGE } from './status-schemas.js';

type Properties = Readonly<Record<string, Schema>>;

/** Workers, as the api answers them. */
export function workerSchemas(contracts: Readonly<Record<string, Properties>>): Record<string, Schema> {
  const { WorkerReport = {}, WorkerFacts = {} } = contracts;
  const own: Properties = {
    worker_id: WorkerReport['worker_id'] ?? {},
    state: {
      type: 'string',
      enum: ['online', 'offline'],
      description: '`offline`: not heard of for three of its report intervals.',
    },
    ...WorkerFacts,
    report_interval_seconds: { ...INTEGER, description: 'Time between two of its heartbeats, about.' },
    first_seen_at: INSTANT,
    last_seen_at: LAST_SEEN_AT,
    duplicate_since: DUPLICATE_SINCE,
  };
  return {
    ListedWorker: closedObject({
      ...own,
      apps: { ...listOf({ type: 'string' }), description: 'Names of the apps that it runs.' },
    }),
    WorkerList: closedObject({ items: listOf(ref('ListedWorker')), next_cursor: NEXT_CURSOR }),
    Worker: closedObject({ ...own, apps: listOf(ref('AppOfWorker')) }),
    WorkerPreview: closedObject(
      {
        result: { type: 'string', enum: ['forgotten'], description: 'What would be done.' },
        worker: {
          ...ref('Worker'),
          description: 'The worker that would be in no list and no status any more.',
        },
      },
      { description: 'What forgetting a worker would do. Nothing was changed.' },
    ),
    WorkerDryRun: closedObject({ preview: ref('WorkerPreview') }),
    Orphan: closedObject(
      {
        app_name: WorkerReport['app_name'] ?? {},
        workers: { ...INTEGER, description: 'How many run it.' },
        epoch: { ...INTEGER, description: 'The highest that any of them has.' },
        revision: { ...INTEGER, description: 'The highest that any of them has in that epoch.' },
      },
      { description: 'An app that workers run and the database does not know.' },
    ),
    OrphanList: closedObject({ items: listOf(ref('Orphan')), next_cursor: NEXT_CURSOR }),
    AppOfWorker: closedObject(
      {
        app_name: WorkerReport['app_name'] ?? {},
        epoch: INTEGER,
        revision: { ...INTEGER, description: 'The revision that the worker has, 0 while it has seen none.' },
        deleted: { type: 'boolean', description: 'That revision deletes the app.' },
        state: { ...WorkerReport['state'], description: 'How far the worker is with that revision.' },
        converged_at: orNull(INSTANT),
        seconds_to_converge: SECONDS_TO_CONVERGE,
        last_error: orNull(ref('LastError')),
        reported_at: orNull(INSTANT),
      },
      { description: 'An app on a worker, in the words of the worker.' },
    ),
  };
}
