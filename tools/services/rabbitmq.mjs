/**
 * RabbitMQ brokers of our own, for tests and benchmarks: one node or a cluster, on loopback, each in a folder, with
 * ports and a name server of its own, so that nothing else of the machine is touched.
 */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePackages } from '../engine/packages.mjs';
import { nodeFiles, readRecord, writeFiles } from './rabbitmq-files.mjs';
import { manage, parseNodes, runningNodes } from './rabbitmq-management.mjs';
import {
  controlNode,
  killNode,
  nodePid,
  residentBytes,
  startEpmd,
  startNode,
  stopEpmd,
  stopNode,
} from './rabbitmq-node.mjs';

/** @import { BrokerRecord, Certificates, DeployedFiles, NodeRecord } from './rabbitmq-files.mjs' */

/** The package of Debian and Ubuntu. */
export const RABBITMQ_PACKAGE = 'rabbitmq-server';

const CLUSTER_LIMIT_MS = 60_000;

/**
 * Makes a broker and waits until all its nodes serve; it goes on when the caller ends. One that was made in this
 * folder before is started with its data, as it was made.
 * @param {object} options
 * @param {string} options.folder
 * @param {number} [options.nodes] 1 when absent
 * @param {Certificates} [options.certificates] with them it also listens for TLS
 * @param {string[]} [options.settings] more lines for rabbitmq.conf
 * @param {DeployedFiles} [options.deployed] what takes the place of our own configuration; it needs certificates
 * @param {(line: string) => void} [options.say] told what is installed
 * @returns {Promise<Broker>}
 * @throws {Error} with what to do, or with the end of a node's log
 */
export async function startBroker({
  folder,
  nodes = 1,
  certificates,
  settings = [],
  deployed,
  say = () => {},
}) {
  if (!existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server')) await ensurePackages([RABBITMQ_PACKAGE], say);
  const record =
    readRecord(folder) ?? (await writeFiles(folder, { nodes, certificates, settings, deployed }));
  const broker = new Broker(folder, record);
  await broker.start();
  return broker;
}

/**
 * @param {string} folder as for `startBroker`
 * @returns {Broker | null} null when none was made there
 */
export function brokerOf(folder) {
  const record = readRecord(folder);
  return record && new Broker(folder, record);
}

/** A broker in a folder, whether it runs or not. Nodes are numbered from 0. */
export class Broker {
  /**
   * @param {string} folder
   * @param {BrokerRecord} record
   */
  constructor(folder, record) {
    this.folder = folder;
    this.record = record;
  }

  /** The administrator of the default virtual host. */
  get admin() {
    return this.record.admin;
  }

  /** @returns {string[]} `host:port` of each node, for AMQP */
  get hosts() {
    return this.record.nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** @returns {string[]} `host:port` of each node, for AMQP over TLS; empty without certificates */
  get tlsHosts() {
    return this.record.nodes.flatMap(({ tlsPort }) => (tlsPort === null ? [] : [`127.0.0.1:${tlsPort}`]));
  }

  /** @returns {string[]} addresses of the management HTTP API, one of each node */
  get managementUrls() {
    return this.record.nodes.map(({ managementPort }) => `http://127.0.0.1:${managementPort}`);
  }

  /** @returns {string[]} addresses of what Prometheus reads, one of each node that was given the plugin for it */
  get metricsUrls() {
    return this.record.nodes.map(({ metricsPort }) => `http://127.0.0.1:${metricsPort}/metrics`);
  }

  /** Starts all nodes that don't run, and waits until they serve and see each other. */
  async start() {
    const { folder, record } = this;
    await startEpmd(folder, record);
    const [first, ...others] = record.nodes;
    const fresh = first && !existsSync(nodeFiles(folder, first).features);
    // The others join the first; nodes of a cluster that was stopped wait for each other.
    if (first && fresh) await startNode(folder, record, first);
    await Promise.all((fresh ? others : record.nodes).map((node) => startNode(folder, record, node)));
    const deadline = performance.now() + CLUSTER_LIMIT_MS;
    while ((await runningNodes(record)) < record.nodes.length) {
      if (performance.now() > deadline) throw new Error('the nodes of the broker do not see each other');
      await sleep(100);
    }
  }

  /** Stops all nodes in order. */
  async stop() {
    await Promise.all(this.record.nodes.map((node) => stopNode(this.folder, node)));
    await stopEpmd(this.folder, this.record);
  }

  /** Stops it, and removes all that it had. */
  async remove() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Starts one node with the data that it has.
   * @param {number} index
   */
  async startNode(index = 0) {
    await startEpmd(this.folder, this.record);
    await startNode(this.folder, this.record, this.node(index));
  }

  /**
   * Stops one node in order.
   * @param {number} index
   */
  async stopNode(index = 0) {
    await stopNode(this.folder, this.node(index));
  }

  /**
   * Kills one node as a crash would.
   * @param {number} index
   * @returns {Promise<boolean>} whether it ran
   */
  async killNode(index = 0) {
    return await killNode(this.folder, this.node(index));
  }

  /**
   * Has one node take itself for short of memory above this part of what the machine has: 0 raises the alarm, which blocks
   * whoever publishes.
   * @param {number} part
   * @param {number} index
   */
  async setMemoryWatermark(part, index = 0) {
    await controlNode(this.folder, this.record, this.node(index), [
      'set_vm_memory_high_watermark',
      String(part),
    ]);
  }

  /** Removes the data of all nodes, which must be stopped: the next start makes them anew. */
  async wipe() {
    for (const node of this.record.nodes) {
      if (nodePid(this.folder, node) !== null)
        throw new Error(`the node ${node.name} runs and can't be wiped`);
      const files = nodeFiles(this.folder, node);
      for (const path of [files.data, files.features]) await rm(path, { recursive: true, force: true });
      await mkdir(files.data, { mode: 0o700 });
    }
  }

  /**
   * Has all nodes load definitions at each start from now on, in place of making a default user.
   * @param {object} definitions as `GET /api/definitions` gives them, or a part of it
   */
  async loadDefinitions(definitions) {
    const file = join(resolve(this.folder), 'definitions.json');
    await writeFile(file, JSON.stringify(definitions));
    for (const node of this.record.nodes) {
      const { configuration } = nodeFiles(this.folder, node);
      const line = `load_definitions = ${file}\n`;
      if (!(await readFile(configuration, 'utf8')).includes(line)) await appendFile(configuration, line);
    }
  }

  /**
   * @param {number} index
   * @returns {number | null} the id of the node's process, if it runs
   */
  pid(index = 0) {
    return nodePid(this.folder, this.node(index));
  }

  /**
   * Memory of one node, bytes: what its process has resident, and what the broker says it uses.
   * @param {number} index
   * @returns {Promise<{ resident: number, used: number }>}
   */
  async memory(index = 0) {
    const node = this.node(index);
    const text = await this.manage('GET', '/api/nodes', undefined, index);
    const used = parseNodes(text).find(({ name }) => name === node.name)?.mem_used ?? 0;
    return { resident: residentBytes(this.folder, node), used };
  }

  /**
   * A call of the management API as administrator.
   * @param {string} method
   * @param {string} path from `/api` on
   * @param {object} [body]
   * @param {number} [index] the node to ask
   * @param {number} [limitMs] longest wait for the answer, milliseconds
   * @returns {Promise<string>} the text of the answer
   * @throws {Error} when it is refused
   */
  async manage(method, path, body, index = 0, limitMs) {
    const { status, text } = await manage(this.node(index), this.admin, method, path, body, limitMs);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  }

  /**
   * @param {number} index
   * @returns {NodeRecord}
   */
  node(index) {
    const node = this.record.nodes[index];
    if (!node) throw new Error(`the broker has ${this.record.nodes.length} nodes, none with index ${index}`);
    return node;
  }
}
