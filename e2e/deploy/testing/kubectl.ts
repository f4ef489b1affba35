import { execa } from 'execa';
import { ensureKubectl } from '../../../tools/services/kubectl.mjs';
import type { Manifest } from './manifests.js';

/** `kubectl` without a cluster: it says what a `create` would make. */
export class Kubectl {
  /** @param home folder without a configuration of it */
  private constructor(private readonly home: string) {}

  static async prepare(home: string): Promise<Kubectl> {
    await ensureKubectl((line) => console.log(line));
    return new Kubectl(home);
  }

  /** What a command makes, which is one object. */
  async made(command: string): Promise<Manifest> {
    return JSON.parse(await this.type(`${command} --dry-run=client -o json`)) as Manifest;
  }

  /**
   * What a command shows that gets an object.
   * @param command with `get`, and what follows the name of the object
   * @param made the command that makes the object
   */
  async shown(command: string, made: string): Promise<string> {
    const [, kind = '', name = '', rest = ''] = / get (\S+) (\S+) (.*)$/.exec(command) ?? [];
    const { kind: ofObject, metadata } = await this.made(made);
    if (kind !== ofObject.toLowerCase() || name !== metadata.name)
      throw new Error(`${command} gets another object than ${ofObject} ${metadata.name}`);
    return await this.type(`${made} --dry-run=client ${rest}`);
  }

  private async type(command: string): Promise<string> {
    const { PATH } = process.env;
    const { stdout } = await execa('sh', ['-c', command], {
      ...{ env: { PATH, HOME: this.home }, extendEnv: false, stdin: 'ignore' },
    });
    return stdout;
  }
}
