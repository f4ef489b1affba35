import {
  type AppSpec,
  type DesiredStateMessage,
  expandSpec,
  messageContents,
  NO_TOKENS,
  type Tokens,
} from '@nebula/contracts';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes a desired state where a worker that doesn't run finds it at its start, as if a feed had brought it before.
 *
 * @param stateDir `state_dir` of the worker
 */
export async function keepDesiredState(
  stateDir: string,
  revision: number,
  spec: Partial<AppSpec> & Pick<AppSpec, 'app_name' | 'docker_image'>,
  tokens: Partial<Tokens> = {},
): Promise<void> {
  const { app_name } = spec;
  const message: DesiredStateMessage = {
    ...{ app_name, epoch: 1, revision, issued_at: new Date().toISOString() },
    ...messageContents(expandSpec(spec), { ...NO_TOKENS, ...tokens }),
  };
  const folder = join(stateDir, 'worker', 'desired');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The folders that mkdir makes on its way are for the owner alone, too.
  await chmod(stateDir, 0o700);
  await writeFile(join(folder, `${app_name}.json`), JSON.stringify(message), { mode: 0o600 });
}
