import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** News come in floods while a fleet converges; between two looks passes this much at least, milliseconds. */
const BETWEEN_LOOKS_MS = 200;

/**
 * Wakes whoever waits for news of workers. It knows of what this instance has taken alone; what others take is
 * found by looking again, so nobody waits here without a limit.
 */
@Injectable()
export class News {
  private readonly followers = new Set<(apps: readonly string[]) => void>();

  /** Something about these apps is different in the store. */
  announce(apps: readonly string[]): void {
    for (const follower of this.followers) follower(apps);
  }

  /** Answers how to end it. */
  follow(follower: (apps: readonly string[]) => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  /**
   * Resolves at the next announcement, when the time is over, or when the signal is aborted; in any case not at
   * once, so that a flood makes few looks.
   * @param app only an announcement of this app counts
   */
  async next(limitMs: number, signal: AbortSignal, app?: string): Promise<void> {
    if (signal.aborted || limitMs <= 0) return;
    const heard = this.heard(limitMs, signal, app);
    await sleep(Math.min(BETWEEN_LOOKS_MS, limitMs), undefined, { signal }).catch(() => undefined);
    await heard;
  }

  private async heard(limitMs: number, signal: AbortSignal, app: string | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        unfollow();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      const unfollow = this.follow((apps) => {
        if (app === undefined || apps.includes(app)) wake();
      });
      signal.addEventListener('abort', wake);
    });
  }
}
