import { ManagementClient, type ManagementAccess } from './management-client.js';
import { policies } from './policies.js';
import { API_RIGHTS, type Rights, WORKER_RIGHTS } from './rights.js';
import { REPORTS_EXCHANGE, REPORTS_QUEUE, REPORTS_ROUTING_KEY } from '../reports/reports-route.js';

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

/**
 * Makes on a broker all that api and workers need, and sets it right where it is there already: virtual host,
 * users with their passwords and rights, limits, and the way of the reports. Streams are declared by the api.
 * @param say told each thing that is done, in a line
 * @throws {ManagementError} when the broker refuses; what was done until then stays, and running it again goes on
 */
export async function setupBroker(setup: BrokerSetup, say: (line: string) => void): Promise<void> {
  const { management, vhost, api, workers, report_interval_seconds } = setup;
  const client = new ManagementClient(management);
  const host = encodeURIComponent(vhost);

  await client.put(`vhosts/${host}`, {});
  say(`virtual host ${vhost}`);
  // The administrator needs rights in it, too, to make the queue.
  await client.put(`permissions/${host}/${encodeURIComponent(management.user)}`, EVERYTHING);

  const granted: [string, BrokerUser, Rights][] = [
    ['api', api, API_RIGHTS],
    ...workers.map((worker): [string, BrokerUser, Rights] => ['worker', worker, WORKER_RIGHTS]),
  ];
  for (const [role, { user, password }, rights] of granted) {
    const name = encodeURIComponent(user);
    await client.put(`users/${name}`, { password, tags: '' });
    await client.put(`permissions/${host}/${name}`, rights);
    say(`user ${user} with the rights of ${role === 'api' ? 'the api' : 'a worker'}`);
  }

  for (const { name, what, body } of policies(report_interval_seconds)) {
    await client.put(`policies/${host}/${encodeURIComponent(name)}`, body);
    say(`policy ${name}: ${what}`);
  }

  await client.put(`exchanges/${host}/${REPORTS_EXCHANGE}`, { type: 'direct', durable: true });
  await client.put(`queues/${host}/${REPORTS_QUEUE}`, { durable: true });
  await client.post(`bindings/${host}/e/${REPORTS_EXCHANGE}/q/${REPORTS_QUEUE}`, {
    routing_key: REPORTS_ROUTING_KEY,
  });
  say(`queue ${REPORTS_QUEUE}, to which workers report through the exchange ${REPORTS_EXCHANGE}`);
}

const EVERYTHING: Rights = { configure: '.*', write: '.*', read: '.*' };
