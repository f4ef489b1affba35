import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../../../tools/load/http-load.mjs';

/**
 * Between two changes of an app, milliseconds. Some requests are under way at every moment, which is all that these loads
 * are for: as many as possible would keep the processors from the apis that start meanwhile.
 */
const PAUSE_MS = 100;

const ANSWER_LIMIT_MS = 30_000;

/**
 * Reads the app shop, steadily.
 * @param url of the api, without a path
 */
export function startReads(url: string, token: string): ReturnType<typeof startLoad> {
  const headers = { authorization: `Bearer ${token}` };
  return startLoad(`${url}/api/v3/apps/shop`, { connections: 4, rate: 20, headers });
}

/** Changes apps without a break, each on its own, until it is told to end. It makes no change twice. */
export class ChangeLoad {
  /** What changes were answered with that did not succeed, and when: status and body, or how the connection broke. */
  readonly failed: string[] = [];
  /** Value of `STEP` in the last change of each app that was answered with success. */
  readonly last = new Map<string, string>();
  changed = 0;
  private isEnding = false;
  private readonly loops: Promise<void>[];

  /** @param url of the api, without a path */
  constructor(
    private readonly url: string,
    private readonly authorization: string,
    apps: readonly string[],
  ) {
    this.loops = apps.map((app) => this.loop(app));
  }

  async end(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.loops);
  }

  private async loop(app: string): Promise<void> {
    for (let step = 1; !this.isEnding; step += 1) {
      const failure = await this.change(app, String(step));
      if (failure === null) this.changed += 1;
      else this.failed.push(failure);
      await sleep(PAUSE_MS);
    }
  }

  /** @returns what went wrong */
  private async change(app: string, value: string): Promise<string | null> {
    const begun = performance.now();
    try {
      const answer = await fetch(`${this.url}/api/v3/apps/${app}`, {
        method: 'PATCH',
        headers: { authorization: this.authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ env_vars: { STEP: value } }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      const body = await answer.text();
      if (answer.status !== 200) return `${answer.status} after ${since(begun)} s: ${body}`;
      this.last.set(app, value);
      return null;
    } catch (error) {
      return `${String(error)} after ${since(begun)} s`;
    }
  }
}

/** @returns seconds */
function since(begun: number): string {
  return ((performance.now() - begun) / 1_000).toFixed(1);
}
