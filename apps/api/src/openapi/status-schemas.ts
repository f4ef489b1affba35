import { UPDATE_STATES } from '@nebula/contracts';
import { MOST_OLD_MS } from '../workers/recent-readings.js';
import { FLEET_STATES } from '../store/fleet-records.js';
import { closedObject, INSTANT, INTEGER, listOf, NEXT_CURSOR, orNull, ref, type Schema } from './schema.js';

const SECONDS: Schema = { type: 'number', minimum: 0 };

export const SECONDS_TO_CONVERGE: Schema = {
  ...orNull(SECONDS),
  description: 'From the change of the app until `converged_at`; null where that is not known.',
};

export const LAST_SEEN_AT: Schema = {
  ...INSTANT,
  description: "When the worker was last heard of, by the api's clock.",
};

export const DUPLICATE_SINCE: Schema = {
  ...orNull(INSTANT),
  description: 'Since when two workers report under this id; null when all is well.',
};

const FLEET_STATE: Schema = {
  type: 'string',
  enum: [...FLEET_STATES],
  description:
    '`offline`: not heard of for three of its report intervals. `converged`: all is as desired. `failed`: see `last_error`. `converging`: everything else, and every worker that is not at the desired revision.',
};

const AS_OF = {
  ...INSTANT,
  description: `The answer has what workers had said until then. It is at most ${MOST_OLD_MS / 1_000} seconds old, and old only where the database takes long to count them.`,
};

type Properties = Readonly<Record<string, Schema>>;

function portBinding(said: Properties): Schema {
  return closedObject(
    {
      ...said,
      protocol: { ...said['protocol'], description: 'TCP when absent.' },
      host_address: {
        ...said['host_address'],
        description: 'Address of the server that it is published on; all of them when absent.',
      },
    },
    { optional: ['protocol', 'host_address'] },
  );
}

function container(said: Properties): Schema {
  return closedObject(
    {
      ...said,
      ports: listOf(ref('PortBinding')),
      unhealthy_restarts: {
        ...said['unhealthy_restarts'],
        description: 'How often the worker restarted it because it was unhealthy; absent for none.',
      },
    },
    { optional: ['unhealthy_restarts'] },
  );
}

/** What workers say, as the api answers it. */
export function statusSchemas(contracts: Readonly<Record<string, Properties>>): Record<string, Schema> {
  const { WorkerReport = {}, WorkerFacts = {} } = contracts;
  return {
    PortBinding: portBinding(contracts['PortBinding'] ?? {}),
    Container: container(contracts['ContainerReport'] ?? {}),
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
    UpdateReport: closedObject(
      {
        ...contracts['UpdateReport'],
        ready: {
          ...INTEGER,
          description: 'Replicas that serve the wanted version, or the one that is gone back to.',
        },
        replicas: { ...INTEGER, description: 'Replicas that there shall be.' },
        back_to: {
          ...orNull(INTEGER),
          description: 'The revision that is gone back to; null when none is.',
        },
      },
      {
        description:
          'How the newest change is on the worker. `rolling`: not every replica serves it yet. `done`: all do, or did. `paused`: it has failed, and what was not replaced stays. `rolling_back`, `rolled_back`: it has failed, and the version before is on its way back, or serves again. Null for an app that is not to run, and while the worker does not tell.',
      },
    ),
    WorkerStatus: closedObject({
      worker_id: WorkerReport['worker_id'] ?? {},
      hostname: WorkerFacts['hostname'] ?? {},
      worker_version: WorkerFacts['worker_version'] ?? {},
      epoch: INTEGER,
      revision: { ...INTEGER, description: 'The revision that the worker has, 0 while it has seen none.' },
      position: {
        type: 'string',
        enum: ['behind', 'current', 'ahead'],
        description:
          '`current` when that is the desired revision. `ahead` when the worker has seen what the database does not know: it was put back to an older state, which is published anew.',
      },
      state: FLEET_STATE,
      converged_at: {
        ...orNull(INSTANT),
        description:
          "When it was first heard that the worker has converged on its revision, by the api's clock.",
      },
      seconds_to_converge: SECONDS_TO_CONVERGE,
      containers: { ...listOf(ref('Container')), description: 'As they were at `reported_at`.' },
      last_error: orNull(ref('LastError')),
      progress: {
        ...orNull({ type: 'string' }),
        description:
          'How far something is that takes long, for people, like `pulling shop:2 from docker.io, 45 of 120 MB`; null when there is nothing.',
      },
      notices: {
        ...listOf({ type: 'string' }),
        description:
          'What the worker has to say of the app that is no failure, for people, like a limit that its server can not give.',
      },
      update: orNull(ref('UpdateReport')),
      reported_at: {
        ...orNull(INSTANT),
        description: "When the newest whole report arrived, by the api's clock; null while none has.",
      },
      last_seen_at: LAST_SEEN_AT,
      duplicate_since: DUPLICATE_SINCE,
    }),
    Summary: closedObject({ converged: INTEGER, converging: INTEGER, failed: INTEGER, offline: INTEGER }),
    Updates: closedObject(Object.fromEntries(UPDATE_STATES.map((state) => [state, INTEGER])), {
      description:
        'Number of workers that have the desired revision by how the change to it is there, as far as they tell; see `UpdateReport`.',
    }),
    AppEvent: closedObject(
      {
        app_name: WorkerReport['app_name'] ?? {},
        epoch: INTEGER,
        revision: INTEGER,
        deleted: { type: 'boolean' },
        running: { type: 'boolean' },
        updated_at: INSTANT,
      },
      { description: 'Data of an event `app`.' },
    ),
    ConvergenceEvent: closedObject(
      {
        app_name: WorkerReport['app_name'] ?? {},
        epoch: INTEGER,
        revision: { ...INTEGER, description: 'The desired revision.' },
        summary: ref('Summary'),
      },
      { description: 'Data of an event `convergence`.' },
    ),
    UpdateEvent: closedObject(
      {
        app_name: WorkerReport['app_name'] ?? {},
        epoch: INTEGER,
        revision: { ...INTEGER, description: 'The desired revision.' },
        updates: ref('Updates'),
      },
      { description: 'Data of an event `update`.' },
    ),
    FleetEvent: {
      description:
        'Data of an event; that of `start` and `reset` is an empty object. In the stream it is text, as server-sent events are.',
      anyOf: [
        ref('AppEvent'),
        ref('ConvergenceEvent'),
        ref('UpdateEvent'),
        { type: 'object', maxProperties: 0 },
        { type: 'string' },
      ],
    },
    WaitAnswer: closedObject({
      app_name: WorkerReport['app_name'] ?? {},
      epoch: INTEGER,
      revision: { ...INTEGER, description: 'The revision that was waited for.' },
      desired_revision: {
        ...INTEGER,
        description: 'The revision that is desired by now. A higher one has come after that.',
      },
      deleted: {
        type: 'boolean',
        description:
          'Whether the desired revision has deleted the app. Workers that have converged have removed it then.',
      },
      outcome: {
        type: 'string',
        enum: ['converged', 'timeout', 'no_workers'],
        description:
          '`converged`: every worker that is not offline has. `timeout`: some have not. `no_workers`: there is none that could be waited for.',
      },
      as_of: { ...AS_OF, description: `${AS_OF.description} Never before the request.` },
      converged: { ...INTEGER, description: 'Workers that have converged on it or on a newer one.' },
      pending: { ...INTEGER, description: 'Workers that have not.' },
      offline: { ...INTEGER, description: 'Workers that nobody waits for.' },
      waiting_for: {
        ...listOf(
          closedObject({
            worker_id: WorkerReport['worker_id'] ?? {},
            hostname: WorkerFacts['hostname'] ?? {},
            epoch: INTEGER,
            revision: INTEGER,
            state: FLEET_STATE,
            last_error: orNull(ref('LastError')),
            last_seen_at: LAST_SEEN_AT,
          }),
        ),
        description: 'The first 20 that have not, the failed ones before the others.',
      },
    }),
    AppStatus: closedObject({
      app_name: WorkerReport['app_name'] ?? {},
      epoch: { ...INTEGER, description: 'Raised when the database was restored from a backup.' },
      revision: { ...INTEGER, description: 'The desired revision.' },
      since: { ...INSTANT, description: 'When that revision was made.' },
      deleted: {
        type: 'boolean',
        description: 'The app is deleted, and these workers still have to say so.',
      },
      running: { type: 'boolean', description: 'Whether it shall run.' },
      as_of: AS_OF,
      summary: {
        ...ref('Summary'),
        description: 'Number of workers by state: over all workers of the app, not this page alone.',
      },
      revisions: {
        ...listOf(closedObject({ epoch: INTEGER, revision: INTEGER, workers: INTEGER })),
        description: 'Number of workers by the revision that they have, the newest first, at most 50.',
      },
      updates: ref('Updates'),
      images: {
        ...listOf(closedObject({ image_id: { type: 'string' }, workers: INTEGER })),
        description:
          'Number of workers by the images that their containers of the app are made from, that of most first, at most 50. Where one reference stands for several builds, there are several.',
      },
      convergence: {
        ...orNull(closedObject({ p50_seconds: SECONDS, p99_seconds: SECONDS })),
        description:
          'How long half of the workers that have converged on the desired revision took at most, and 99 of 100; null while none has.',
      },
      regions: {
        ...listOf(
          closedObject({
            region: { type: 'string' },
            epoch: { ...orNull(INTEGER), description: 'Of what its stream was last found to have.' },
            revision: { ...orNull(INTEGER), description: 'Null when nothing was published there yet.' },
            problem: {
              ...orNull({ type: 'string' }),
              description: 'Why nothing can be published there at the moment, null when it can.',
            },
          }),
        ),
        description: 'What the stream of each region has.',
      },
      workers: listOf(ref('WorkerStatus')),
      next_cursor: NEXT_CURSOR,
    }),
  };
}
