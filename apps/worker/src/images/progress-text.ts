import { registryOf } from '@nebula/contracts';
import type { SharedPull } from './shared-pulls.js';

const MEGABYTE = 1_000_000;

/** How far a pull is, in one line for people. */
export function progressText({ image, state, progress }: SharedPull): string {
  if (state === 'queued') return `waiting for other pulls to pull ${image}`;
  const what = `pulling ${image} from ${registryOf(image)}`;
  if (!progress || progress.known_bytes === 0) return what;
  const { downloaded_bytes, known_bytes, all_known } = progress;
  // As with the layers that come first: the sizes of the others are told when their turn has come.
  const whole = all_known ? megabytes(known_bytes) : `at least ${megabytes(known_bytes)}`;
  return `${what}, ${megabytes(downloaded_bytes)} of ${whole} MB`;
}

function megabytes(bytes: number): string {
  const size = bytes / MEGABYTE;
  return size < 10 ? size.toFixed(1) : size.toFixed(0);
}
