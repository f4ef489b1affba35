import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helmPrograms, type HelmPrograms } from '../../../tools/services/helm.mjs';
import { REPOSITORY } from '../../testing/clone.js';

export const CHART = join(REPOSITORY, 'deploy', 'helm', 'nebula');

/** Of the cluster that isn't there. */
export const KUBERNETES = ['--kube-version', '1.34.0', '--namespace', 'nebula'];

/** The least that a release can be made with. */
export const LEAST = [
  'rabbit.hosts={rabbit.example}',
  'api.secret.existingName=nebula-api',
  'worker.secret.existingName=nebula-worker',
  'worker.apps={shop}',
];

/** Arguments that name one of the chart's own files of values. */
export const valuesFile = (name: string): string[] => ['--values', join(CHART, 'ci', name)];

/** Arguments that set values, each `path=value`. */
export const set = (values: readonly string[]): string[] => values.flatMap((value) => ['--set', value]);

/** The chart, as Helm makes manifests of it where there is no cluster. */
export class HelmChart {
  private constructor(
    private readonly programs: HelmPrograms,
    /** For files of tests. */
    readonly folder: string,
  ) {}

  static async prepare(): Promise<HelmChart> {
    const programs = await helmPrograms((line) => console.log(line));
    return new HelmChart(programs, await mkdtemp(join(tmpdir(), 'nebula-helm-')));
  }

  /** Path of the program that reads manifests and says what Kubernetes would refuse in them. */
  get checker(): string {
    return this.programs.manifests;
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async helm(args: readonly string[]): Promise<{ code: number; output: string }> {
    const env = { HELM_CACHE_HOME: this.folder, HELM_CONFIG_HOME: this.folder, HELM_DATA_HOME: this.folder };
    const { exitCode, all } = await execa(this.programs.helm, args, { env, all: true, reject: false });
    return { code: exitCode ?? -1, output: all };
  }

  /**
   * The manifests of a release, as one text.
   * @throws {Error} with what Helm says, when it refuses the values
   */
  async template(args: readonly string[], release = 'fleet'): Promise<string> {
    const { code, output } = await this.helm(['template', release, CHART, ...KUBERNETES, ...args]);
    if (code !== 0) throw new Error(output);
    return output;
  }
}
