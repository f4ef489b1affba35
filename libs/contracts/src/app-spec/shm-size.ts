import { orNull, ruleOf } from '../parsing/kind.js';
import type { Flaw, Owner } from '../parsing/rule.js';
import { size } from './size.js';

export const shmSize = ruleOf('shmSize', orNull(size({ min: '1b' }), "the engine's, 64m"), { against });

/** Then /dev/shm is that of another. */
function* against(value: unknown, { ipc_mode }: Owner): Generator<Flaw> {
  if (value === null || typeof ipc_mode !== 'string') return;
  if (ipc_mode === 'host' || ipc_mode === 'none' || ipc_mode.startsWith('container:')) {
    yield { message: `must be null when ipc_mode is "${ipc_mode}": there is no /dev/shm of its own there` };
  }
}
