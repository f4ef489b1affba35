import { expect } from '@jest/globals';
import { execa } from 'execa';
import { join } from 'node:path';
import { freePort } from '../../tools/services/free-port.mjs';
import { searchForSecrets, secret } from '../../tools/test/known-secrets.mjs';
import { REPOSITORY } from './clone.js';
import { DocumentShell } from './document-shell.js';
import { eventually } from './eventually.js';
import { CHANGE_LIMIT, type Fleet } from './fleet.js';
import { NpmProcess } from './npm-process.js';

const ADMIN_PASSWORD = secret('d0cumented-Admin');
/** Of the users whose passwords the documents leave out. */
const EDGE_PASSWORD = secret('d0cumented-Edge');

/** The command line that `npm run bundle` makes. */
const NEBULACTL = join(REPOSITORY, 'dist', 'nebulactl.mjs');

/** Somebody who types at a fleet what the documents say, with its names, ports and passwords. */
export class FleetDocuments {
  /** @param backups folder in the place of /backups */
  constructor(
    private readonly fleet: Fleet,
    private readonly backups: string,
  ) {}

  /**
   * Runs a command of the sources to its end.
   * @returns what it has said
   */
  async run(command: string, beside: Record<string, string> = {}): Promise<string> {
    const ran = this.begin(command, beside);
    expect({ command, code: await ran.ended(), output: ran.output }).toMatchObject({ command, code: 0 });
    return ran.output;
  }

  /** Runs an api on a port of its own, in which `during` finds it ready, and ends it in order. */
  async api(command: string, during: (url: string) => Promise<void>): Promise<void> {
    const port = await freePort();
    const { configuration } = this.fleet.apiNumber(1).process;
    const running = this.begin(command, { ...configuration, API_PORT: String(port) });
    const url = `http://127.0.0.1:${port}`;
    try {
      await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), CHANGE_LIMIT);
      await during(url);
    } finally {
      running.signalGroup('SIGTERM');
      expect(await running.ended()).toBe(0);
    }
  }

  /** Runs a worker on a server in the place of its own, which is started again afterwards. */
  async worker(command: string, server: number, during: () => Promise<void>): Promise<void> {
    const { worker } = this.fleet.server(server);
    await worker.stop();
    // Without what the documents leave to the defaults.
    const { WORKER_ID: _id, ...configuration } = worker.configuration;
    const running = this.begin(command, configuration);
    try {
      await running.printed(/connected to RabbitMQ/, CHANGE_LIMIT);
      await during();
    } finally {
      running.signalGroup('SIGTERM');
      expect(await running.ended()).toBe(0);
      worker.start();
    }
  }

  /** Forgets a worker by a command of docs/cli.md, as somebody at a terminal who is asked. */
  async forget(command: string, worker: string): Promise<void> {
    const { root } = this.fleet.api;
    const environment = { PATH: process.env['PATH'] ?? '', HOME: this.backups, NEBULA_URL: root };
    const shell = new DocumentShell(this.backups, environment, [{ when: /\?[^]*\bNo\b/, type: 'y' }]);
    const line = command.replace('web-17', worker).replace('nebulactl', `node ${NEBULACTL}`);
    expect(await shell.play(line, CHANGE_LIMIT)).toMatchObject({ code: 0 });
    expect((await this.fleet.api.call('GET', `/workers/${worker}`)).status).toBe(404);
  }

  /** Asks an api, also one whose answer has no end. */
  async ask(command: string, url: string, found: RegExp): Promise<void> {
    const text = this.here(command).replaceAll('$A', `${url}/api/v3`);
    const asked = execa('sh', ['-c', `exec ${text}`], { reject: false, buffer: false });
    let output = '';
    asked.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      await eventually(async () => expect(output).toMatch(found), CHANGE_LIMIT);
    } finally {
      asked.kill('SIGTERM');
      await asked;
    }
    searchForSecrets(output, `the output of ${command}`);
  }

  /** What the documents say, for this fleet. */
  here(text: string): string {
    const { broker, databaseUrl } = this.fleet;
    const { RABBIT_PASSWORD: api = '', SECRET_KEYS = '' } = this.fleet.apiNumber(1).process.configuration;
    return text
      .replaceAll(/mongodb:\/\/(db|new)\.example\//g, databaseUrl)
      .replaceAll('http://rabbit.example:15672', broker.managementUrls[0] ?? '')
      .replaceAll('rabbit.example', broker.hosts[0] ?? '')
      .replaceAll('RABBIT_ADMIN_USER=admin', `RABBIT_ADMIN_USER=${broker.admin.user}`)
      .replaceAll('RABBIT_ADMIN_PASSWORD=…', `RABBIT_ADMIN_PASSWORD=${broker.admin.password}`)
      .replaceAll('RABBIT_USER=nebula-api RABBIT_PASSWORD=…', `RABBIT_USER=nebula-api RABBIT_PASSWORD=${api}`)
      .replaceAll(/(RABBIT_(?:WORKER_)?PASSWORD)=…/g, `$1=${EDGE_PASSWORD}`)
      .replaceAll('SECRET_KEYS=k1:…', `SECRET_KEYS=${SECRET_KEYS}`)
      .replaceAll('BASIC_AUTH_PASSWORD=…', `BASIC_AUTH_PASSWORD=${ADMIN_PASSWORD}`)
      .replaceAll('admin:…', `admin:${ADMIN_PASSWORD}`)
      .replaceAll('STATE_DIR=/var/lib/nebula-worker ', '')
      .replaceAll('/backups', this.backups);
  }

  private begin(command: string, beside: Record<string, string>): NpmProcess {
    const { PATH, HOME, NEBULA_TEST_RUN } = process.env;
    const environment = { PATH, HOME, ...(NEBULA_TEST_RUN ? { NEBULA_TEST_RUN } : {}), ...beside };
    return new NpmProcess(REPOSITORY, ['-c', `exec env ${this.here(command)}`], environment, 'sh');
  }
}
