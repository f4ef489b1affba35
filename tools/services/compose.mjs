/**
 * Docker Compose for tests, and what takes the place of the services whose images no registry here has.
 */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUSYBOX_PACKAGE } from '../engine/images.mjs';
import { ensurePackages } from '../engine/packages.mjs';
import { buildGoPrograms } from './go.mjs';
import { ensureMachineImage, librariesFor } from './machine-image.mjs';
import { mongoProgram } from './mongo-program.mjs';
import { PROMETHEUS_PACKAGE } from './prometheus.mjs';
import { RABBITMQ_PACKAGE } from './rabbitmq.mjs';

const SOURCES = join(import.meta.dirname, 'compose');
const ERLANG = '/usr/lib/erlang';
const HAPROXY = '/usr/sbin/haproxy';
const PROMETHEUS = '/usr/bin/prometheus';

/**
 * @param {(line: string) => void} say
 * @returns {Promise<string>} path of the program, which is called as `docker compose` is
 */
export async function composeProgram(say) {
  const programs = { 'docker-compose': 'github.com/docker/compose/v2/cmd' };
  return join(await buildGoPrograms({ name: 'compose', sources: SOURCES, programs }, say), 'docker-compose');
}

/**
 * Makes images of the programs that other tests use, which have the names and places that compose.yaml expects.
 * @param {string} host of the engine
 * @returns {Promise<{ mongo: string, rabbitmq: string, haproxy: string }>} their references
 */
export async function makeServiceImages(host) {
  await ensurePackages([BUSYBOX_PACKAGE, RABBITMQ_PACKAGE, 'haproxy'], () => undefined);
  const images = {
    mongo: 'nebula-test-mongo:1',
    rabbitmq: 'nebula-test-rabbitmq:1',
    haproxy: 'nebula-test-haproxy:1',
  };
  await ensureMachineImage(host, images.mongo, mongo);
  await ensureMachineImage(host, images.rabbitmq, rabbitmq);
  await ensureMachineImage(host, images.haproxy, haproxy);
  return images;
}

/**
 * Makes an image of Prometheus, which reads its configuration and keeps its data where the official one does.
 * @param {string} host of the engine
 * @returns {Promise<string>} its reference
 */
export async function makePrometheusImage(host) {
  await ensurePackages([BUSYBOX_PACKAGE, PROMETHEUS_PACKAGE], () => undefined);
  const reference = 'nebula-test-prometheus:1';
  await ensureMachineImage(host, reference, async () => ({
    paths: [PROMETHEUS, ...(await librariesFor([PROMETHEUS]))],
    folders: ['/prometheus'],
    changes: [
      `ENTRYPOINT ["${PROMETHEUS}"]`,
      'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]',
    ],
  }));
  return reference;
}

/** The database of the tests, which keeps its data where MongoDB's image does. */
async function mongo() {
  const { kind, program } = await mongoProgram(() => undefined);
  const args =
    kind === 'mongod'
      ? ['--dbpath', '/data/db', '--bind_ip_all']
      : ['-folder', '/data/db', '-listen', '0.0.0.0:27017'];
  return {
    paths: [program, ...(await librariesFor([program]))],
    folders: ['/data/db'],
    changes: [`CMD ${JSON.stringify([program, ...args])}`],
  };
}

/** The package of this machine, with the paths of RabbitMQ's own image. */
async function rabbitmq() {
  const scripts = dirname(realpathSync('/usr/lib/rabbitmq/bin/rabbitmq-server'));
  return {
    paths: [ERLANG, dirname(scripts), ...(await librariesFor(programsBelow(ERLANG)))],
    folders: ['/etc/rabbitmq/conf.d', '/var/lib/rabbitmq', '/var/log/rabbitmq'],
    scripts: { '/usr/local/bin/docker-entrypoint.sh': '#!/bin/sh\nexec "$@"\n' },
    links: { '/usr/bin/erl': `${ERLANG}/bin/erl` },
    changes: [`ENV PATH=${scripts}:/usr/local/bin:/usr/bin:/bin HOME=/var/lib/rabbitmq`],
  };
}

async function haproxy() {
  return {
    paths: [HAPROXY, ...(await librariesFor([HAPROXY]))],
    changes: ['ENV PATH=/usr/sbin:/usr/bin:/bin'],
  };
}

/**
 * @param {string} folder
 * @returns {string[]} executables and shared objects
 */
function programsBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => isProgram(path));
}

/** @param {string} path */
function isProgram(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || (!path.endsWith('.so') && (found.mode & 0o111) === 0)) return false;
  return readFileSync(path).subarray(1, 4).toString() === 'ELF';
}
