import { EXIT } from '@nebula/lifecycle';
import { ManagementError, setupBroker } from '@nebula/messaging';
import type { SetupConfiguration } from './setup-configuration.js';

/**
 * Makes on a broker what api and workers need, and says each thing in a line.
 * @returns the exit code
 */
export async function runSetup(configuration: SetupConfiguration): Promise<number> {
  const { rabbit_vhost: vhost, rabbit_management_url: url } = configuration;
  const setup = {
    management: {
      url,
      user: configuration.rabbit_admin_user,
      password: configuration.rabbit_admin_password,
    },
    vhost,
    api: { user: configuration.rabbit_user, password: configuration.rabbit_password },
    workers: [{ user: configuration.rabbit_worker_user, password: configuration.rabbit_worker_password }],
    report_interval_seconds: configuration.report_interval_seconds,
  };
  try {
    await setupBroker(setup, (line) => process.stdout.write(`${line}\n`));
    return EXIT.stopped;
  } catch (error) {
    if (!(error instanceof ManagementError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.failed;
  }
}
