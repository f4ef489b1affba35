import { closedObject, INSTANT, INTEGER, listOf, NEXT_CURSOR, orNull, ref, type Schema } from './schema.js';

type Properties = Readonly<Record<string, Schema>>;

/** What workers say, as the api answers it. */
export function statusSchemas(contracts: Readonly<Record<string, Properties>>): Record<string, Schema> {
  const { WorkerReport = {}, WorkerFacts = {} } = contracts;
  const state = WorkerReport['state'] ?? {};
  return {
    PortBinding: closedObject(contracts['PortBinding'] ?? {}),
    Container: closedObject({ ...contracts['ContainerReport'], ports: listOf(ref('PortBinding')) }),
    LastError: closedObject(
      {
        ...contracts['LastError'],
        retry_at: {
          ...orNull(INSTANT),
          description: 'When the worker tries again; null when only a change can help.',
        },
      },
      { description: 'The newest failure, kept until the worker has converged.' },
    ),
    WorkerStatus: closedObject({
      worker_id: WorkerReport['worker_id'] ?? {},
      hostname: WorkerFacts['hostname'] ?? {},
      worker_version: WorkerFacts['worker_version'] ?? {},
      epoch: INTEGER,
      revision: { ...INTEGER, description: 'The revision that the worker speaks of.' },
      position: {
        type: 'string',
        enum: ['behind', 'current', 'ahead'],
        description:
          '`current` when that is the desired revision. `ahead` when the worker has seen what the database does not know: it was put back to an older state, which is published anew.',
      },
      state: {
        ...state,
        description:
          '`converged`: all is as desired. `failed`: see `last_error`. `converging`: everything else, and every worker that is not at the desired revision.',
      },
      containers: listOf(ref('Container')),
      last_error: orNull(ref('LastError')),
      reported_at: { ...INSTANT, description: "When the report arrived, by the api's clock." },
    }),
    AppStatus: closedObject({
      app_name: WorkerReport['app_name'] ?? {},
      epoch: { ...INTEGER, description: 'Raised when the database was restored from a backup.' },
      revision: { ...INTEGER, description: 'The desired revision.' },
      deleted: {
        type: 'boolean',
        description: 'The app is deleted, and these workers still have to say so.',
      },
      running: { type: 'boolean', description: 'Whether it shall run.' },
      workers: listOf(ref('WorkerStatus')),
      summary: closedObject(
        { converged: INTEGER, converging: INTEGER, failed: INTEGER },
        { description: 'Over all workers that have reported, not this page alone.' },
      ),
      next_cursor: NEXT_CURSOR,
    }),
  };
}
