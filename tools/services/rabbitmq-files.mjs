/**
 * What a broker of our own keeps in its folder: the ports and names it was made with, and a folder for each node.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePorts } from './free-port.mjs';

/**
 * @typedef {object} NodeRecord
 * @property {string} name Erlang's
 * @property {number} port AMQP
 * @property {number | null} tlsPort AMQP over TLS, when the broker was given certificates
 * @property {number} managementPort HTTP
 * @property {number} distributionPort between nodes
 * @property {number} metricsPort HTTP, for Prometheus, when that plugin is on
 */

/**
 * @typedef {object} BrokerRecord all that is known of a broker, with ports of 127.0.0.1
 * @property {{ user: string, password: string }} admin
 * @property {number} epmdPort of the name server of its nodes
 * @property {string[]} settings more lines for the nodes' configuration
 * @property {NodeRecord[]} nodes
 */

/**
 * @typedef {object} Certificates PEM texts
 * @property {string} ca
 * @property {string} cert
 * @property {string} key
 */

/**
 * @typedef {object} DeployedFiles texts of files as they are for a server, with its ports and places
 * @property {string} configuration rabbitmq.conf, with TLS alone
 * @property {string} plugins enabled_plugins
 */

/** @param {string} folder */
export function brokerFiles(folder) {
  const whole = resolve(folder);
  return {
    folder: whole,
    record: join(whole, 'broker.json'),
    epmdPid: join(whole, 'epmd.pid'),
    cookie: join(whole, '.erlang.cookie'),
    ca: join(whole, 'ca.pem'),
    cert: join(whole, 'cert.pem'),
    key: join(whole, 'key.pem'),
  };
}

/**
 * @param {string} folder
 * @param {NodeRecord} node
 */
export function nodeFiles(folder, { name }) {
  const whole = join(resolve(folder), name.split('@')[0] ?? name);
  return {
    folder: whole,
    data: join(whole, 'data'),
    log: join(whole, 'broker.log'),
    pidFile: join(whole, 'pid'),
    configuration: join(whole, 'rabbitmq.conf'),
    plugins: join(whole, 'enabled_plugins'),
    features: join(whole, 'feature_flags'),
    absent: join(whole, 'absent'),
  };
}

/** @type {(text: string) => BrokerRecord} */
const parseRecord = JSON.parse;

/**
 * @param {string} folder
 * @returns {BrokerRecord | null} null when no broker was made there
 */
export function readRecord(folder) {
  const { record } = brokerFiles(folder);
  return existsSync(record) ? parseRecord(readFileSync(record, 'utf8')) : null;
}

/**
 * Makes the files of a new broker.
 * @param {string} folder
 * @param {object} options
 * @param {number} options.nodes
 * @param {Certificates | undefined} options.certificates
 * @param {string[]} options.settings
 * @param {DeployedFiles | undefined} options.deployed what takes the place of our own; it needs certificates
 * @returns {Promise<BrokerRecord>}
 */
export async function writeFiles(folder, { nodes, certificates, settings, deployed }) {
  const files = brokerFiles(folder);
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  const [epmdPort = 0, ...ports] = await freePorts(1 + 5 * nodes);
  const record = /** @type {BrokerRecord} */ ({
    admin: { user: 'admin', password: randomBytes(12).toString('hex') },
    epmdPort,
    settings,
    // The port makes the names different from those of any other broker of this machine.
    nodes: Array.from({ length: nodes }, (_, n) => ({
      name: `nebula${n + 1}-${epmdPort}@localhost`,
      // The deployed configuration has no port without TLS.
      port: ports[5 * n + (deployed ? 1 : 0)],
      tlsPort: certificates ? ports[5 * n + 1] : null,
      managementPort: ports[5 * n + 2],
      distributionPort: ports[5 * n + 3],
      metricsPort: ports[5 * n + 4],
    })),
  });
  if (certificates) {
    for (const kind of /** @type {const} */ (['ca', 'cert', 'key']))
      await writeFile(files[kind], certificates[kind], { mode: 0o600 });
  }
  await writeFile(files.cookie, randomBytes(20).toString('hex'), { mode: 0o400 });
  for (const node of record.nodes) await writeNodeFiles(folder, record, node, deployed);
  await writeFile(files.record, JSON.stringify(record), { mode: 0o600 });
  return record;
}

/**
 * @param {string} folder
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 * @param {DeployedFiles} [deployed]
 */
async function writeNodeFiles(folder, record, node, deployed) {
  const files = nodeFiles(folder, node);
  const text = deployed
    ? deployedConfiguration(folder, record, node, deployed.configuration)
    : configuration(folder, record, node);
  await mkdir(files.data, { recursive: true, mode: 0o700 });
  await writeFile(files.plugins, deployed?.plugins ?? '[rabbitmq_management].\n');
  await writeFile(files.configuration, text, { mode: 0o600 });
}

/**
 * @param {string} folder
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 * @param {string} text for a server
 * @returns {string} the same for this node: with its ports and files, and an administrator
 * @throws {Error} when there is nothing to replace
 */
function deployedConfiguration(folder, { admin, settings }, node, text) {
  const { ca, cert, key } = brokerFiles(folder);
  /** @type {readonly [RegExp, string][]} */
  const replaced = [
    [/^(listeners\.ssl\.default) = 5671$/m, `$1 = 127.0.0.1:${node.tlsPort}`],
    [/^(ssl_options\.cacertfile) = \/.+$/m, `$1 = ${ca}`],
    [/^(ssl_options\.certfile) = \/.+$/m, `$1 = ${cert}`],
    [/^(ssl_options\.keyfile) = \/.+$/m, `$1 = ${key}`],
    [/^(management\.tcp\.port) = 15672$/m, `$1 = ${node.managementPort}`],
  ];
  let result = text;
  for (const [line, own] of replaced) {
    if (!line.test(result)) throw new Error(`the deployed rabbitmq.conf has no line ${line.source}`);
    result = result.replace(line, own);
  }
  const more = [
    ...['prometheus.tcp.ip = 127.0.0.1', `prometheus.tcp.port = ${node.metricsPort}`],
    ...[`default_user = ${admin.user}`, `default_pass = ${admin.password}`],
    ...['log.console = true', 'log.file = false', ...settings],
  ];
  return `${result}\n${more.join('\n')}\n`;
}

/**
 * @param {string} folder
 * @param {BrokerRecord} record
 * @param {NodeRecord} node
 */
function configuration(folder, { admin, nodes, settings }, node) {
  const { ca, cert, key } = brokerFiles(folder);
  const [first] = nodes;
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${node.port}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${node.managementPort}`,
    `default_user = ${admin.user}`,
    `default_pass = ${admin.password}`,
    'disk_free_limit.absolute = 50MB',
    'log.console = true',
    'log.file = false',
    ...settings,
  ];
  if (node.tlsPort !== null) {
    lines.push(
      `listeners.ssl.1 = 127.0.0.1:${node.tlsPort}`,
      ...[`ssl_options.cacertfile = ${ca}`, `ssl_options.certfile = ${cert}`, `ssl_options.keyfile = ${key}`],
    );
  }
  if (first && first !== node) {
    lines.push(
      'cluster_formation.peer_discovery_backend = classic_config',
      `cluster_formation.classic_config.nodes.1 = ${first.name}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
