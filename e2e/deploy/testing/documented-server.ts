import { execa } from 'execa';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { composeProgram } from '../../../tools/services/compose.mjs';
import { REPOSITORY } from '../../testing/clone.js';
import { DocumentShell } from '../../testing/document-shell.js';

/** Of one command, milliseconds. It may build images, or start all of a fleet. */
const COMMAND_LIMIT = 900_000;

/** Somebody who types what the pages say on a server with Docker and Compose, in a copy of the sources. */
export class DocumentedServer {
  /** Folder in which the next command is typed. */
  private place = this.sources;
  private readonly exported: Record<string, string> = {};

  private constructor(
    private readonly sources: string,
    private readonly home: string,
    private readonly environment: Record<string, string>,
    private readonly here: (command: string) => string,
  ) {}

  /**
   * @param options.home folder for what Docker's client keeps
   * @param options.sources folder in which everything begins
   * @param options.host address of the engine
   * @param options.environment beside that
   * @param options.here what the pages say, for this server
   */
  static async at(options: {
    home: string;
    sources: string;
    host: string;
    environment: Record<string, string>;
    here: (command: string) => string;
  }): Promise<DocumentedServer> {
    const plugins = join(options.home, '.docker', 'cli-plugins');
    await mkdir(plugins, { recursive: true });
    await symlink(await composeProgram(() => undefined), join(plugins, 'docker-compose'));
    const { NEBULA_TEST_RUN } = process.env;
    const environment = {
      ...(NEBULA_TEST_RUN ? { NEBULA_TEST_RUN } : {}),
      ...{ PATH: process.env['PATH'] ?? '', HOME: options.home, DOCKER_HOST: options.host },
      // The builder that engines without a plugin have.
      ...{ DOCKER_BUILDKIT: '0', COMPOSE_ANSI: 'never', COMPOSE_PROGRESS: 'plain' },
      ...options.environment,
    };
    return new DocumentedServer(options.sources, options.home, environment, options.here);
  }

  /** Lets `ssh` run its command here, as if every other server were this one. */
  async otherServersAreHere(): Promise<void> {
    const folder = join(this.home, 'bin');
    await mkdir(folder);
    await writeFile(join(folder, 'ssh'), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
    this.exported['PATH'] = `${folder}:${this.environment['PATH'] ?? ''}`;
  }

  /**
   * Types a command. Where it has gone to, and what it exports, holds for those behind it.
   * @returns what it prints
   */
  async type(command: string): Promise<string> {
    const line = this.here(command);
    const [, folder] = /^cd (\S+)$/.exec(line) ?? [];
    const [, exported] = /^export (.*)$/.exec(line) ?? [];
    if (folder !== undefined) this.place = resolve(this.place, folder);
    for (const pair of exported?.split(' ') ?? []) {
      const [name = ''] = pair.split('=', 1);
      this.exported[name] = pair.slice(name.length + 1);
    }
    if (folder !== undefined || exported !== undefined) return '';
    const shell = new DocumentShell(this.place, { ...this.environment, ...this.exported });
    const { code, text } = await shell.play(line, COMMAND_LIMIT);
    if (code !== 0) throw new Error(`${command}\nended with ${code}: ${text}`);
    return text;
  }

  /** @returns what the last one prints */
  async typeAll(commands: readonly string[]): Promise<string> {
    let printed = '';
    for (const command of commands) printed = await this.type(command);
    return printed;
  }

  /** What cron runs of a line of its table: without a terminal, in another folder. */
  async cron(line: string): Promise<string> {
    const command = line.replace(/^(\S+\s+){5}/, '').replaceAll('\\%', '%');
    const { all } = await execa('sh', ['-c', this.here(command)], {
      ...{ cwd: this.sources, env: this.environment, extendEnv: false },
      ...({ all: true, stdin: 'ignore' } as const),
    });
    return all;
  }
}

/** Copies what a clone of this work tree would have, with what isn't committed yet. */
export async function copySources(folder: string): Promise<void> {
  await mkdir(folder);
  const listed = 'git ls-files -z --cached --others --exclude-standard';
  const packed = 'tar --create --null --files-from -';
  await execa('sh', ['-c', `${listed} | ${packed} | tar --extract --directory "$0"`, folder], {
    cwd: REPOSITORY,
  });
}
