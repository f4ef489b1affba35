import { REPORTS_EXCHANGE, REPORTS_QUEUE, REPORTS_ROUTING_KEY } from '../reports/reports-route.js';
import type { ManagementAccess } from './management-client.js';
import { policies } from './policies.js';
import { API_RIGHTS, type Rights, WORKER_RIGHTS } from './rights.js';

export interface BrokerUser {
  user: string;
  password: string;
}

export interface BrokerSetup {
  management: ManagementAccess;
  vhost: string;
  api: BrokerUser;
  /** One for all workers, or one for each (see `workerUserName`). */
  workers: readonly BrokerUser[];
  /** How often workers show that they live; their reports are kept for two of these. */
  report_interval_seconds: number;
}

/** One object of a broker. */
export interface SetupStep {
  /** Where the management plugin shows it while it is there; parts of it are encoded. */
  place: string;
  body: object;
  /** Where it is posted to; it is put to its place when this is absent. */
  posted_to?: string;
}

/** What belongs together of the set-up. */
export interface SetupPart {
  /** For people. */
  what: string;
  /** In the order in which they can be made. */
  steps: readonly SetupStep[];
}

/** All that api and workers need on a broker, in the order in which it can be made. Streams are declared by the api. */
export function setupParts({
  management,
  vhost,
  api,
  workers,
  report_interval_seconds,
}: BrokerSetup): SetupPart[] {
  const host = encodeURIComponent(vhost);
  const rights = (user: string, body: Rights): SetupStep => ({
    place: `permissions/${host}/${encodeURIComponent(user)}`,
    body,
  });
  const user = (role: string, { user: name, password }: BrokerUser, body: Rights): SetupPart => ({
    what: `user ${name} with the rights of ${role}`,
    steps: [{ place: `users/${encodeURIComponent(name)}`, body: { password, tags: '' } }, rights(name, body)],
  });
  const route = `bindings/${host}/e/${REPORTS_EXCHANGE}/q/${REPORTS_QUEUE}`;
  return [
    {
      what: `virtual host ${vhost}`,
      // The administrator needs rights in it, too, to make the queue.
      steps: [{ place: `vhosts/${host}`, body: {} }, rights(management.user, EVERYTHING)],
    },
    user('the api', api, API_RIGHTS),
    ...workers.map((worker) => user('a worker', worker, WORKER_RIGHTS)),
    ...policies(report_interval_seconds).map(({ name, what, body }) => ({
      what: `policy ${name}: ${what}`,
      steps: [{ place: `policies/${host}/${encodeURIComponent(name)}`, body }],
    })),
    {
      what: `queue ${REPORTS_QUEUE}, to which workers report through the exchange ${REPORTS_EXCHANGE}`,
      steps: [
        { place: `exchanges/${host}/${REPORTS_EXCHANGE}`, body: { type: 'direct', durable: true } },
        { place: `queues/${host}/${REPORTS_QUEUE}`, body: { durable: true } },
        {
          place: `${route}/${REPORTS_ROUTING_KEY}`,
          body: { routing_key: REPORTS_ROUTING_KEY },
          posted_to: route,
        },
      ],
    },
  ];
}

const EVERYTHING: Rights = { configure: '.*', write: '.*', read: '.*' };
