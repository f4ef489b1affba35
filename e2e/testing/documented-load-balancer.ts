import { expect } from '@jest/globals';
import { execa } from 'execa';
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCommandLine } from '../../tools/bundle/bundle-command-line.mjs';
import { REPOSITORY } from './clone.js';
import type { DocumentBlocks } from './document-blocks.js';
import { DocumentShell } from './document-shell.js';

const PAGE = 'deploy/haproxy/README.md';
/** Of one command, milliseconds. */
const COMMAND_LIMIT = 60_000;

/** Somebody who puts the load balancer in front of an app by the commands of its page, in a copy of its folder. */
export class DocumentedLoadBalancer {
  private readonly place: string;
  private readonly bin: string;

  /**
   * @param blocks of the test, to which the register gives the page
   * @param folder for what is written, also in the place of `/etc/nebula`
   * @param options of this machine: the api, the port of the server in the place of 80, and an image with HAProxy
   */
  constructor(
    private readonly blocks: DocumentBlocks,
    private readonly folder: string,
    private readonly options: { api: string; port: number; image: string },
  ) {
    this.place = join(folder, 'haproxy');
    this.bin = join(folder, 'bin');
  }

  /** Makes both apps, and applies them. Converging is left to who waits for it. */
  async apply(): Promise<void> {
    await cp(join(REPOSITORY, 'deploy', 'haproxy'), this.place, { recursive: true });
    await mkdir(this.bin);
    await rename(await bundleCommandLine(this.bin), join(this.bin, 'nebulactl'));
    await writeFile(join(this.bin, 'package.json'), '{ "type": "module" }');
    for (const command of this.blocks.take(PAGE, 'Run it').commands) await this.play(command);
  }

  /** @returns the configuration for an HAProxy that runs in another way */
  async configuration(): Promise<string> {
    for (const command of this.blocks.take(PAGE, 'The configuration alone').commands)
      await this.play(command);
    return await readFile(join(this.folder, 'haproxy.cfg'), 'utf8');
  }

  /**
   * Has it follow the app, looking each second.
   * @returns ends that
   */
  follow(): () => Promise<void> {
    const [command] = this.blocks.take(PAGE, 'Have it follow the app').exactly(1);
    const often = this.here(command).replace(' follow ', ' follow --interval 1 ');
    const follower = execa('sh', ['-c', `exec ${often}`], {
      cwd: this.place,
      reject: false,
      stdio: 'ignore',
    });
    return async () => {
      follower.kill('SIGTERM');
      await follower;
    };
  }

  private async play(command: string): Promise<void> {
    const environment = {
      ...{ PATH: `${this.bin}:${process.env['PATH'] ?? ''}`, HOME: this.folder },
      NEBULA_URL: this.options.api,
    };
    const shell = new DocumentShell(this.place, environment, [{ when: /\?[^]*\bNo\b/, type: 'y' }]);
    expect(await shell.play(this.here(command), COMMAND_LIMIT)).toMatchObject({ code: 0 });
  }

  /** What the page says, for this machine. */
  private here(command: string): string {
    const { api, port, image } = this.options;
    return (
      command
        .replace('--publish 80', `--api ${api} --image ${image} --publish ${port}`)
        .replace('make-config.mjs', `make-config.mjs --api ${api}`)
        .replace('/etc/nebula', this.folder)
        // This api asks for no login.
        .replace('NEBULA_TOKEN=… ', '')
    );
  }
}
