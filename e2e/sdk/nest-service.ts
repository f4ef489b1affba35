import { execa } from 'execa';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { freePort } from '../../tools/services/free-port.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { NpmProcess } from '../testing/npm-process.js';

const START_LIMIT = 60_000;
const ANSWER_LIMIT = 20_000;

/** What a clone doesn't have. */
const NOT_OURS = new Set(['node_modules', 'dist']);

/** The NestJS service among the examples, as its README installs and starts it. */
export class NestService {
  private constructor(
    readonly url: string,
    private readonly process: NpmProcess,
  ) {}

  /**
   * @param project folder that is made, with what the README names of the project: the folder of the service, and the one
   *   with packages
   * @param commands of the README, of which the last one starts it
   * @param api where it is, and the token of an administrator
   */
  static async start(
    project: string,
    commands: readonly string[],
    api: { url: string; token: string },
  ): Promise<NestService> {
    const folder = join(project, 'examples', 'nest-service');
    await mkdir(project);
    await symlink(join(REPOSITORY, 'dist'), join(project, 'dist'));
    await cp(join(REPOSITORY, 'examples', 'nest-service'), folder, {
      recursive: true,
      filter: (source) => !NOT_OURS.has(basename(source)),
    });
    const here = commands.map((command) =>
      command
        // Scripts of the project's npm are those of the work tree.
        .replace('cd ../.. ', `cd ${REPOSITORY} `)
        .replace('http://127.0.0.1:8000', api.url)
        .replace('NEBULA_TOKEN=…', `NEBULA_TOKEN=${api.token}`),
    );
    for (const command of here.slice(0, -1)) await execa('sh', ['-c', command], { cwd: folder, all: true });
    const port = String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const environment = { ...process.env, PORT: port };
    const service = new NestService(
      url,
      new NpmProcess(folder, ['-c', here.at(-1) ?? ''], environment, 'sh'),
    );
    await service.process.printed(new RegExp(`listening on ${url}`), START_LIMIT);
    return service;
  }

  /**
   * Ends it in every case.
   * @throws {Error} when it doesn't serve any more
   */
  async end(): Promise<void> {
    try {
      await fetch(this.url, { signal: AbortSignal.timeout(ANSWER_LIMIT) });
    } finally {
      this.process.signalGroup('SIGTERM');
      await this.process.ended();
    }
  }
}
