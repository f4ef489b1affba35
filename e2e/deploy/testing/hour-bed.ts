import { expect } from '@jest/globals';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHttpImage } from '../../../tools/engine/images.mjs';
import { makeServiceImages } from '../../../tools/services/compose.mjs';
import { freePort } from '../../../tools/services/free-port.mjs';
import { mongoProgram } from '../../../tools/services/mongo-program.mjs';
import { ensureNebulaBase } from '../../../tools/services/nebula-images.mjs';
import { searchForSecrets, secret } from '../../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../../testing/clone.js';
import { EngineView, type SeenContainer } from '../../testing/engine-view.js';
import { eventually } from '../../testing/eventually.js';
import { copySources, DocumentedServer } from './documented-server.js';
import { typeInMongosh } from './mongo-shell.js';

export const HOUR_LIMIT = 300_000;

/** Of the base that the Dockerfiles name. */
const BASE_TAG = '24-bookworm-slim';
const HOST = 'nebula.example.com';
/** That of the first app, which is in no registry here. */
const IMAGE = 'nebula-hour-shop:1';
/** Addresses of this machine that stand for those of the load balancer and the two apis. */
const BALANCER = '127.0.0.10';
const SCOPE = 'hour';
const RABBITMQ = join(REPOSITORY, 'deploy', 'compose');

/** What the page takes for granted: a database, a broker, and servers with Docker, all of which are one here. */
export class HourBed {
  readonly token = newSecret();
  readonly passwords = { database: newSecret(), api: newSecret(), admin: newSecret(), worker: newSecret() };
  private readonly secretKey = secret(randomBytes(32).toString('base64'));
  private readonly made: Docker.Container[] = [];
  private addresses = { database: '', broker: '', gateway: '' };

  private constructor(
    readonly engine: EngineView,
    readonly folder: string,
    private readonly ports: { api: number; balancer: number; app: number },
    private readonly images: { mongo: string; rabbitmq: string; haproxy: string },
    private ofServer: DocumentedServer | undefined = undefined,
  ) {}

  /**
   * Starts the database and the broker.
   * @param makeUser what the page types in `mongosh`
   */
  static async prepare(host: string, makeUser: string): Promise<HourBed> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-hour-'));
    const engine = new EngineView(host);
    await engine.docker.getImage(await ensureNebulaBase(host)).tag({ repo: 'node', tag: BASE_TAG });
    const ports = { api: await freePort(), balancer: await freePort(), app: await freePort() };
    const bed = new HourBed(engine, folder, ports, await makeServiceImages(host));
    await makeHttpImage(host, IMAGE);
    const sources = join(folder, 'nebula');
    await copySources(sources);
    const here = (command: string) => bed.here(command);
    bed.ofServer = await DocumentedServer.at({ home: folder, sources, host, here, environment: {} });
    await bed.startServices(makeUser);
    return bed;
  }

  /** Somebody in a clone on each of the servers. */
  get server(): DocumentedServer {
    if (!this.ofServer) throw new Error('The bed is not prepared.');
    return this.ofServer;
  }

  /** What the page says, for one machine that is all of its servers. */
  here(text: string): string {
    const { database, broker, gateway } = this.addresses;
    const ofClient = `--network host --add-host ${HOST}:${BALANCER} --volume ${this.certificate}:/ca.pem:ro`;
    const socket = new URL(this.engine.host).pathname;
    return (
      text
        // A build gets its packages the way this machine does.
        .replaceAll('docker build ', 'docker build --network host ')
        .replaceAll('--read-only --env NEBULA_URL', '--read-only $CLIENT --env NEBULA_URL')
        .replaceAll('$CLIENT', `${ofClient} --env NODE_EXTRA_CA_CERTS=/ca.pem`)
        .replaceAll(`https://${HOST}`, `https://${HOST}:${this.ports.balancer}`)
        .replaceAll('bind :443', `bind ${BALANCER}:${this.ports.balancer}`)
        .replaceAll(/10\.0\.0\.(11|12):8000/g, `127.0.0.$1:${this.ports.api}`)
        // The apis see what is sent to their published port come from there.
        .replaceAll('TRUSTED_PROXIES=10.0.0.10', `TRUSTED_PROXIES=${gateway}`)
        .replaceAll('db.example', database)
        .replaceAll('rabbit.example', broker)
        .replaceAll('nebula:…@', `nebula:${this.passwords.database}@`)
        .replaceAll('RABBIT_PASSWORD=…', `RABBIT_PASSWORD=${this.passwords.api}`)
        .replaceAll('RABBIT_ADMIN_PASSWORD=…', `RABBIT_ADMIN_PASSWORD=${this.passwords.admin}`)
        .replaceAll('RABBIT_WORKER_PASSWORD=…', `RABBIT_WORKER_PASSWORD=${this.passwords.worker}`)
        .replaceAll(/(AUTH|NEBULA)_TOKEN=…/g, `$1_TOKEN=${this.token}`)
        .replaceAll('k1:…', `k1:${this.secretKey}`)
        .replaceAll(/(source=|stat -c %g )\/var\/run\/docker\.sock/g, `$1${socket}`)
        .replaceAll('/etc/nebula/rabbit_password', join(this.folder, 'rabbit_password'))
        .replaceAll('registry.example/shop:1', IMAGE)
        .replaceAll('--port 8080:', `--port ${this.ports.app}:`)
        .replaceAll('/srv/nebula', join(this.folder, 'nebula'))
        // Not in a container, where the folder has that name.
        .replaceAll(/ \/backups(?=:|$)/g, ` ${join(this.folder, 'backups')}`)
        .replaceAll('--env APP_NAME=shop', `--env SCOPE=${SCOPE} --env APP_NAME=shop`)
    );
  }

  /**
   * Writes a file beside the sources.
   * @param text as the page has it
   */
  async write(name: string, text: string, mode: number): Promise<void> {
    await writeFile(join(this.folder, 'nebula', name), this.here(text), { mode });
  }

  /** Of the load balancer, which is signed by itself. */
  private get certificate(): string {
    return join(this.folder, 'certificate.pem');
  }

  /** @param configuration as the page has it */
  async startBalancer(configuration: string): Promise<void> {
    const files = { pem: join(this.folder, 'nebula.pem'), config: join(this.folder, 'haproxy.cfg') };
    await writeFile(files.config, this.here(configuration));
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const names = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`];
    const key = join(this.folder, 'key.pem');
    await execa('openssl', ['req', '-x509', ...newKey, ...names, '-keyout', key, '-out', this.certificate]);
    await execa('sh', ['-c', 'cat "$0" "$1" >"$2"', this.certificate, key, files.pem]);
    await this.run({
      ...{ Image: this.images.haproxy, Cmd: ['haproxy', '-W', '-db', '-f', '/etc/haproxy/haproxy.cfg'] },
      HostConfig: {
        NetworkMode: 'host',
        Binds: [`${files.config}:/etc/haproxy/haproxy.cfg:ro`, `${files.pem}:/etc/haproxy/nebula.pem:ro`],
      },
    });
  }

  /** The containers of the apps. */
  async apps(): Promise<SeenContainer[]> {
    return await this.engine.containers(`nebula.scope=${SCOPE}`);
  }

  /** Removes all of it, and what the page's commands have started under these names. */
  async end(...names: string[]): Promise<void> {
    const { docker } = this.engine;
    const listed = await docker.listContainers({ all: true });
    const started = listed.filter(({ Names }) => names.some((name) => Names.includes(`/${name}`)));
    for (const container of [...started.map(({ Id }) => docker.getContainer(Id)), ...this.made]) {
      const text = (await container.logs({ stdout: true, stderr: true })).toString();
      searchForSecrets(text, 'the log of a container');
      await container.remove({ force: true, v: true });
    }
    for (const { id } of await this.apps()) await docker.getContainer(id).remove({ force: true, v: true });
    const { Volumes } = await docker.listVolumes({ filters: { name: ['nebula-worker'] } });
    for (const { Name } of Volumes) await docker.getVolume(Name).remove();
    for (const name of await this.engine.networks(`nebula.scope=${SCOPE}`))
      await docker.getNetwork(name).remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async startServices(makeUser: string): Promise<void> {
    const { kind } = await mongoProgram(() => undefined);
    const admin = { user: 'root', password: newSecret() };
    const database = await this.run({
      ...{ Image: this.images.mongo, Env: [`FERRETDB_ADMIN=${admin.user}:${admin.password}`] },
    });
    const broker = await this.run({
      ...{ Image: this.images.rabbitmq, Hostname: 'rabbitmq', Cmd: ['rabbitmq-server'] },
      Env: ['RABBITMQ_DEFAULT_USER=admin', `RABBITMQ_DEFAULT_PASS=${this.passwords.admin}`],
      HostConfig: {
        Binds: [
          `${join(RABBITMQ, 'rabbitmq.conf')}:/etc/rabbitmq/conf.d/90-nebula.conf:ro`,
          `${join(RABBITMQ, 'enabled_plugins')}:/etc/rabbitmq/enabled_plugins:ro`,
        ],
        Ulimits: [{ Name: 'nofile', Soft: 4096, Hard: 4096 }],
      },
    });
    this.addresses = {
      ...{ database: database.IPAddress, broker: broker.IPAddress, gateway: broker.Gateway },
    };
    const url = `mongodb://${database.IPAddress}:27017/`;
    const asAdmin = kind === 'FerretDB' ? admin : null;
    await eventually(
      async () => await typeInMongosh(makeUser, { url, kind }, asAdmin, this.passwords.database),
      HOUR_LIMIT,
    );
    await eventually(async () => {
      expect((await fetch(`http://${broker.IPAddress}:15672/api/overview`)).status).toBe(401);
    }, HOUR_LIMIT);
    await writeFile(join(this.folder, 'rabbit_password'), this.passwords.worker, { mode: 0o444 });
  }

  /** @returns its network */
  private async run(options: Docker.ContainerCreateOptions): Promise<{ IPAddress: string; Gateway: string }> {
    const container = await this.engine.docker.createContainer(options);
    this.made.push(container);
    await container.start();
    const { Networks } = (await container.inspect()).NetworkSettings;
    return Object.values(Networks)[0] ?? { IPAddress: '', Gateway: '' };
  }
}

function newSecret(): string {
  return secret(randomBytes(16).toString('hex'));
}
