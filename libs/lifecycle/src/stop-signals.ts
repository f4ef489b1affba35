import type { EventEmitter } from 'node:events';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** SIGINT is Ctrl-C in a terminal, SIGTERM what service managers and container engines send. */
export type StopSignal = (typeof SIGNALS)[number];

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
  private first: { signal: StopSignal; at: number } | null = null;
  private readonly listeners = SIGNALS.map((signal) => ({ signal, listener: () => this.receive(signal) }));

  constructor(
    private readonly source: Pick<EventEmitter, 'on' | 'off'>,
    private readonly onImpatience: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    for (const { signal, listener } of this.listeners) source.on(signal, listener);
  }

  /** Aborted by the first signal. */
  get stopping(): AbortSignal {
    return this.controller.signal;
  }

  /** Resolves with the first signal, at once when it has been. */
  async requested(): Promise<StopSignal> {
    for (;;) {
      if (this.first) return this.first.signal;
      await new Promise<void>((resolve) => {
        this.stopping.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  close(): void {
    for (const { signal, listener } of this.listeners) this.source.off(signal, listener);
  }

  private receive(signal: StopSignal): void {
    if (this.first === null) {
      this.first = { signal, at: this.now() };
      this.controller.abort();
    } else if (this.now() - this.first.at > SAME_WISH_MS) {
      this.onImpatience();
    }
  }
}
