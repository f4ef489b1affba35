import { describeKeys } from '@nebula/configuration';
import { WORKER_KEYS } from './configuration.js';

export function workerHelp(): string {
  return `Usage: npm run worker, or node main.js

Runs the worker of one server: follows the desired states of its apps on RabbitMQ, and brings the containers of the
local Docker Engine there. It may start before RabbitMQ, the api or the apps are there. SIGTERM or Ctrl-C ends it at
a safe point and touches no container; a second one ends it at once.

Configuration: an environment variable (upper case of the key) or a key in conf.json. The environment wins.
${describeKeys(WORKER_KEYS).trimEnd()}

Other environment variables
  CONF_FILE      path of the configuration file, default conf.json in the working directory

Exit codes
  0    stopped by a signal, in order
  2    unknown argument
  69   the engine has replaced its socket, which a worker in a container sees only when it is started anew
  78   bad configuration: a key, the state folder, or a port in use; one line each
  130  a second signal ended it before the shutdown was done

Example
  APP_NAME=shop,shop-lb RABBIT_HOST=rabbit.example RABBIT_VHOST=nebula RABBIT_USER=nebula-worker RABBIT_PASSWORD=… \\
    STATE_DIR=/var/lib/nebula-worker npm run worker
`;
}
