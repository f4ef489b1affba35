import type { Answered, FleetApi } from './fleet-api.js';

/** Between two requests, milliseconds. */
const PAUSE_MS = 25;

/** One of so many requests is a change; an odd number, so that two apis have them in turn. */
const CHANGE_EVERY = 11;

/**
 * Requests without an end, each to another api first: reads of one app, and changes of another one that touch none of its
 * containers. As behind a load balancer, a read that fails at one api is repeated once at the next, and has to succeed
 * there; a change is made once, at an api whose health was asked for just before.
 */
export class SteadyLoad {
  /** What no api has answered, in words. */
  readonly failures: string[] = [];
  asked = 0;
  /** Of them, those that the first api did not serve: reads that failed there, and changes while it was not healthy. */
  repeated = 0;
  /** Changes that were accepted. */
  changes = 0;
  private running: Promise<void> | null = null;
  private isEnding = false;

  /**
   * @param apis that serve the same
   * @param readApp app that is read
   * @param changed app that is changed: `max_unavailable` of its update grows with each change
   */
  constructor(
    private readonly apis: readonly FleetApi[],
    private readonly readApp: string,
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
      else await this.read();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async change(): Promise<void> {
    const patch = { update: { max_unavailable: this.changes + 2 } };
    const api = await this.healthy();
    const problem = api
      ? await problemOf(api.call('PATCH', `/apps/${this.changed}`, patch))
      : 'no api was healthy';
    if (problem === null) this.changes += 1;
    else this.failures.push(`change at ${api?.root}: ${problem}`);
  }

  private async healthy(): Promise<FleetApi | null> {
    for (let attempt = 0; attempt < this.apis.length; attempt += 1) {
      const api = this.turn(attempt);
      if (await api.isAlive()) return api;
      if (attempt === 0) this.repeated += 1;
    }
    return null;
  }

  /** Of two requests in a row each begins with another api. */
  private turn(attempt: number): FleetApi {
    const api = this.apis[(this.asked + attempt) % this.apis.length];
    if (!api) throw new Error('there is no api');
    return api;
  }

  private async read(): Promise<void> {
    const problems: string[] = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const api = this.turn(attempt);
      const problem = await problemOf(api.call('GET', `/apps/${this.readApp}`));
      if (problem === null) return;
      problems.push(`${api.root}: ${problem}`);
      if (attempt === 0) this.repeated += 1;
    }
    this.failures.push(problems.join('; '));
  }
}

/** Null where it was answered with 200. */
async function problemOf(request: Promise<Answered<unknown>>): Promise<string | null> {
  return await request.then(
    ({ status, body }) => (status === 200 ? null : `${status} ${JSON.stringify(body)}`),
    String,
  );
}
