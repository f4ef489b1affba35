import type { EventEmitter } from 'node:events';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * npm passes on the signal that the terminal has already sent to the whole process group, so one Ctrl-C arrives
 * twice. What comes within this many milliseconds of the first is the same wish.
 */
const SAME_WISH_MS = 300;

/**
 * Listens for the wish to stop. The first signal aborts `stopping`; one that comes clearly later means that
 * somebody doesn't want to wait, and calls `onImpatience`.
 */
export class StopSignals {
  private readonly controller = new AbortController();
  private firstAt: number | null = null;
  private readonly listener = () => this.receive();

  constructor(
    private readonly source: Pick<EventEmitter, 'on' | 'off'>,
    private readonly onImpatience: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    for (const signal of SIGNALS) source.on(signal, this.listener);
  }

  /** Aborted by the first signal. */
  get stopping(): AbortSignal {
    return this.controller.signal;
  }

  /** Resolves with the first signal, at once when it has been. */
  async requested(): Promise<void> {
    if (this.stopping.aborted) return;
    await new Promise<void>((resolve) => {
      this.stopping.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  close(): void {
    for (const signal of SIGNALS) this.source.off(signal, this.listener);
  }

  private receive(): void {
    if (this.firstAt === null) {
      this.firstAt = this.now();
      this.controller.abort();
    } else if (this.now() - this.firstAt > SAME_WISH_MS) {
      this.onImpatience();
    }
  }
}
