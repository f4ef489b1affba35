import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeProgram } from '../../../tools/services/compose.mjs';
import { searchForSecrets } from '../../../tools/test/known-secrets.mjs';
import { REPOSITORY } from '../../testing/clone.js';

const FOLDER = join(REPOSITORY, 'deploy', 'compose');

/** The one that engines without a plugin have. */
const BUILDER = { DOCKER_BUILDKIT: '0' };

/**
 * What the engine says when somebody has taken the chains of iptables away for a moment. All engines of one network
 * namespace have the same ones, and each makes them anew when it starts, as other tests have engines do.
 */
export const WITHOUT_CHAINS = 'iptables: No chain/target/match by that name';

export interface ProjectOptions {
  name: string;
  /** Files of its place, and whole paths of others, in the order in which they count. */
  files: string[];
  /** A copy of deploy/compose, which gets the .env; that of this work tree when absent. */
  place?: string;
  /** Where its .env is written to without such a copy. */
  folder: string;
  /** Address of the engine. */
  host: string;
  /** What is set in .env.example. */
  variables: Record<string, string>;
}

/** One project of Docker Compose, as somebody runs it who has copied .env.example and set some of it. */
export class ComposeProject {
  private constructor(
    private readonly options: ProjectOptions,
    private readonly program: string,
    private readonly environmentFile: string,
  ) {}

  static async of(options: ProjectOptions): Promise<ComposeProject> {
    const { place, folder, name } = options;
    const file = place === undefined ? join(folder, `${name}.env`) : join(place, '.env');
    await writeFile(file, environmentOf(options.variables));
    return new ComposeProject(options, await composeProgram(() => undefined), file);
  }

  /**
   * @returns what it prints on both outputs
   * @throws {Error} with that, when it fails; twice, where the start of another engine may have been in the way
   */
  async run(...args: string[]): Promise<string> {
    const first = await this.try(...args);
    const wasInTheWay = first.code !== 0 && first.output.includes(WITHOUT_CHAINS);
    const { code, output } = wasInTheWay ? await this.try(...args) : first;
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  async try(...args: string[]): Promise<{ code: number | undefined; output: string }> {
    const { name, files, host, place = FOLDER } = this.options;
    const all = [
      ...[
        '--project-name',
        name,
        '--env-file',
        this.environmentFile,
        '--ansi',
        'never',
        '--progress',
        'quiet',
      ],
      ...files.flatMap((file) => ['--file', join(file.startsWith('/') ? '' : place, file)]),
      ...args,
    ];
    const { PATH, HOME } = process.env;
    const { exitCode, all: output } = await execa(this.program, all, {
      ...{ cwd: place, env: { PATH, HOME, DOCKER_HOST: host, ...BUILDER }, extendEnv: false },
      ...{ all: true, reject: false, stdin: 'ignore' },
    });
    searchForSecrets(output, `the output of docker compose ${args.join(' ')}`);
    return { code: exitCode, output };
  }
}

/**
 * .env.example with some of its variables set.
 * @throws {Error} when it has no such variable
 */
export function environmentOf(variables: Record<string, string>): string {
  let text = readFileSync(join(FOLDER, '.env.example'), 'utf8');
  for (const [name, value] of Object.entries(variables)) {
    const line = new RegExp(`^#?${name}=.*$`, 'm');
    if (!line.test(text)) throw new Error(`.env.example has no ${name}`);
    text = text.replace(line, () => `${name}=${value}`);
  }
  return text;
}
