import type { PullProgress } from '../container-runtime.js';

/** One layer, as the lines about it say so far. */
interface Layer {
  /** Bytes that were downloaded, and its size while that is known. */
  current: number;
  total: number | null;
  /** It waits for the engine to begin with it. */
  isQueued: boolean;
  isThere: boolean;
}

/** Words of the engine for a layer that it has not begun with. */
const QUEUED = new Set(['Pulling fs layer', 'Waiting']);

/** Words of the engine for a layer that is downloaded. */
const THERE = new Set([
  'Already exists',
  'Verifying Checksum',
  'Download complete',
  'Extracting',
  'Pull complete',
]);

/** How far a pull is, from the engine's lines about it. */
export class ProgressReader {
  private readonly layers = new Map<string, Layer>();

  /** Takes one line; what it doesn't know changes nothing. */
  read(line: unknown): void {
    if (!isObject(line)) return;
    const { id, status, progressDetail } = line;
    if (typeof id !== 'string' || typeof status !== 'string') return;
    const known = this.layers.get(id);
    if (!known && !QUEUED.has(status) && !THERE.has(status)) return;
    const layer = known ?? { current: 0, total: null, isQueued: true, isThere: false };
    this.layers.set(id, layer);
    layer.isQueued = QUEUED.has(status);
    layer.isThere ||= THERE.has(status);
    if (status === 'Downloading' && isObject(progressDetail)) {
      const { current, total } = progressDetail;
      if (typeof total === 'number' && total > 0) layer.total = total;
      if (typeof current === 'number') layer.current = current;
    }
    // One that was there before has no size, and is none of what is waited for.
    if (layer.isThere) layer.current = layer.total ??= 0;
  }

  /** Nothing of it is being downloaded: the engine is busy with what it has begun before. */
  get isQueued(): boolean {
    const open = [...this.layers.values()].filter(({ isThere }) => !isThere);
    return open.length > 0 && open.every(({ isQueued }) => isQueued);
  }

  progress(): PullProgress {
    const layers = [...this.layers.values()];
    const sum = (sizes: number[]): number => sizes.reduce((total, size) => total + size, 0);
    return {
      downloaded_bytes: sum(layers.map(({ current }) => current)),
      known_bytes: sum(layers.map(({ total }) => total ?? 0)),
      all_known: layers.every(({ total }) => total !== null),
    };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
