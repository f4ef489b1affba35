import { join } from 'node:path';
import { REPOSITORY } from '../../testing/clone.js';

/** What stands in the place of what the pages name, where Docker Compose is played. */
export interface ComposeNames {
  /** The clone on the first server, in which nothing is installed. */
  sources: string;
  /** Folder in it with compose.yaml. */
  place: string;
  backups: string;
  /** Address and port of the api. */
  listen: string;
  /** Of the engine. */
  socket: string;
  /** File beside compose.worker.yaml. */
  aloneOverride: string;
  /** Address of a registry. */
  registry: string;
  /** The last token that was made. */
  token: string;
}

/** A worker by `docker run` beside the one that the engine has already. */
export const BESIDE = { id: 'beside', app: 'beside' };

/** What the pages say, for one machine that is all of their servers, in the network of the stack. */
export function asNamed(command: string, names: ComposeNames): string {
  const { sources, place, backups, listen, socket, aloneOverride, registry, token } = names;
  const beside = `--network nebula_default --env WORKER_ID=${BESIDE.id} --env SCOPE=${BESIDE.id}`;
  return (
    command
      .replaceAll('/srv/nebula/deploy/compose', place)
      .replaceAll(/registry\.example(?=[/\n])/g, registry)
      .replaceAll(/(localhost|127\.0\.0\.1):8000/g, listen)
      .replaceAll(/(source=|stat -c %g )\/var\/run\/docker\.sock/g, `$1${socket}`)
      .replaceAll('/etc/nebula/rabbit_password', join(place, 'secrets', 'rabbit_worker_password'))
      .replaceAll(/\/backups(?=:|$)/g, backups)
      // Not in a container, where the folder has that name.
      .replace(/^(SQLITE_FILE=|chown )(.* )\/backups\//, `$1$2${backups}/`)
      // Scripts of npm are those of the work tree, since that has what they need.
      .replace(/^SQLITE_FILE=(\S+) npm /, `SQLITE_FILE=${sources}/$1 npm --prefix ${REPOSITORY} `)
      // A build gets its packages the way this machine does.
      .replaceAll('docker build ', 'docker build --network host ')
      .replaceAll('--file compose.worker.yaml', `--file compose.worker.yaml --file ${aloneOverride}`)
      .replaceAll('nebula-2026-11-28', 'nebula-$(date +%F)')
      .replaceAll('NEBULA_TOKEN=nebula_…', `NEBULA_TOKEN=${token}`)
      .replaceAll('--env APP_NAME=shop', `${beside} --env APP_NAME=${BESIDE.app}`)
      .replaceAll('RABBIT_HOST=rabbit.example', 'RABBIT_HOST=rabbitmq')
  );
}
