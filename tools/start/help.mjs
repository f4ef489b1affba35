/**
 * What --help prints. It works before anything is installed, so the part on configuration is a file; a test
 * holds it equal to the table of keys.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const KEYS_FILE = join(import.meta.dirname, 'configuration-keys.txt');

const keys = () => readFileSync(KEYS_FILE, 'utf8').trimEnd();

/** @returns {string} */
export function startHelp() {
  return `Usage: npm start [-- OPTION...]

Runs Nebula on this machine: an api and a worker in one process, on SQLite. Installs its dependencies, builds
what has changed, finds a Docker Engine, and on the first start creates the example app "hello".

Options
  --no-example   don't create the example app
  --no-install   don't install docker.io, and don't set up an engine that is not there yet
  -h, --help     print this

The Docker Engine is the first of
  1. docker_host (DOCKER_HOST). If it is set and doesn't answer, the start ends; nothing else is tried.
  2. docker_socket, where the machine's own engine listens
  3. an engine in the state folder that an earlier start has set up
  4. as root on Debian or Ubuntu, unless --no-install is given: docker.io is installed, and an engine of
     our own is started in the state folder. "npm run down" stops it.

Ctrl-C (SIGINT) or SIGTERM ends api and worker in order, and touches no container; the next start touches none
of those that are right either. A second Ctrl-C ends at once. "npm run down" removes the containers.

Configuration: an environment variable (upper case of the key) or a key in conf.json. The environment wins.
${keys()}

Other environment variables
  CONF_FILE      path of the configuration file, default conf.json in the project's folder

Files in the state folder (for its owner alone)
  nebula.db        every app, and what the worker has last reported
  secret-keys      the key for values of secrets in nebula.db; keep a copy elsewhere
  feed/            the newest desired state of each app, on its way from api to worker
  worker/          the desired state of each app as the worker has it, and what it has learned
  engine/          the Docker Engine of our own, if there is one
  claims/          which process uses the folder
  example-created  that the example app was made once: deleted, it does not come back

Exit codes
  0    stopped by a signal, in order
  1    failed in a way that is none of the others
  2    unknown option
  69   no Docker Engine answers, and none was set up
  78   bad configuration: a key, the state folder, or a port in use; one line each
  130  a second signal ended it before the shutdown was done

Example
  API_PORT=9000 STATE_DIR=/var/lib/nebula npm start -- --no-example
`;
}

/** @returns {string} */
export function downHelp() {
  return `Usage: npm run down [-- OPTION...]

Removes every container and network that the worker of this machine (of this scope) has made, after naming them.
Asks first; where input or output is no terminal it needs --yes. Containers of others, images, and named volumes
stay. If a Docker Engine of our own runs in the state folder, it is stopped afterwards.

The apps stay in the state folder, so the next "npm start" brings them back. To end that too, add --forget.

It refuses while "npm start" runs on the same state folder, since that would bring everything back.

Options
  --yes          don't ask
  --forget       delete what Nebula keeps in the state folder, too: every app, the key of their secrets (without it a
                 backup's secrets can't be read), and an engine of our own with its images and volumes
  -h, --help     print this

It reads the same configuration as npm start (npm start -- --help); these keys matter here: state_dir, scope,
docker_host, docker_socket.

Exit codes
  0    everything named is removed, or there was nothing
  1    something could not be removed, or the answer was no
  2    unknown option, or no terminal to ask on and no --yes
  69   docker_host is set and doesn't answer
  78   bad configuration, or the state folder is in use

Example
  npm run down -- --yes
`;
}
