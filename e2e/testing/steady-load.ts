import type { Answered, FleetApi } from './fleet-api.js';

/** Between two requests, milliseconds. */
const PAUSE_MS = 25;

/** One of so many requests is a change. */
const CHANGE_EVERY = 12;

/**
 * Requests without an end, each to another api first: reads of one app, and changes of another one that touch none of its
 * containers. What fails at one api is repeated once at the next, as a client or a load balancer in front does it, and
 * has to succeed there.
 */
export class SteadyLoad {
  /** What no api has answered, in words. */
  readonly failures: string[] = [];
  asked = 0;
  /** Of them, those that failed at the first api that was asked. */
  repeated = 0;
  /** Changes that were accepted. */
  changes = 0;
  private running: Promise<void> | null = null;
  private isEnding = false;

  /**
   * @param apis that serve the same
   * @param read app that is read
   * @param changed app that is changed: `max_unavailable` of its update grows with each change
   */
  constructor(
    private readonly apis: readonly FleetApi[],
    private readonly read: string,
    private readonly changed: string,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.isEnding = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.isEnding) {
      this.asked += 1;
      if (this.asked % CHANGE_EVERY === 0) await this.change();
      else await this.ask((api) => api.call('GET', `/apps/${this.read}`));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async change(): Promise<void> {
    const patch = { update: { max_unavailable: this.changes + 2 } };
    if (await this.ask((api) => api.call('PATCH', `/apps/${this.changed}`, patch))) this.changes += 1;
  }

  private async ask(request: (api: FleetApi) => Promise<Answered<unknown>>): Promise<boolean> {
    const problems: string[] = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const api = this.apis[(this.asked + attempt) % this.apis.length];
      if (!api) throw new Error('there is no api');
      const problem = await request(api).then(
        ({ status, body }) => (status === 200 ? null : `${status} ${JSON.stringify(body)}`),
        String,
      );
      if (problem === null) return true;
      problems.push(`${api.root}: ${problem}`);
      if (attempt === 0) this.repeated += 1;
    }
    this.failures.push(problems.join('; '));
    return false;
  }
}
