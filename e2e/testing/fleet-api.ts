/** What an api has answered. */
export interface Answered<Body> {
  status: number;
  type: string;
  body: Body;
}

/** A change that was accepted. */
export interface Accepted {
  app_name: string;
  revision: number;
}

/** As `GET /apps/{app}/wait` answers it. */
export interface Waited {
  outcome: string;
  epoch: number;
  revision: number;
  converged: number;
  pending: number;
  offline: number;
  waiting_for: { worker_id: string; state: string; revision: number; last_error: unknown }[];
}

/** Longest wait for any answer, milliseconds; the api's own limit is shorter. */
const LIMIT_MS = 30_000;

/** One api as its users see it. */
export class FleetApi {
  /**
   * @param root `http://host:port`
   * @param headers that every request has, like those of a login
   */
  constructor(
    readonly root: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  /**
   * @param path from behind `/api/v3`
   * @throws {Error} when nobody answers
   */
  async call<Body>(method: string, path: string, body?: object): Promise<Answered<Body>> {
    const response = await fetch(`${this.root}/api/v3${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
      headers: { ...this.headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: (text === '' ? null : JSON.parse(text)) as Body,
    };
  }

  /**
   * A call that must succeed.
   * @throws {Error} with what was answered
   */
  async ask<Body>(method: string, path: string, body?: object): Promise<Body> {
    const answered = await this.call<Body>(method, path, body);
    if (answered.status < 300) return answered.body;
    throw new Error(`${method} ${path}: ${answered.status} ${JSON.stringify(answered.body)}`);
  }

  async create(spec: { app_name: string } & Record<string, unknown>): Promise<Accepted> {
    return await this.ask<Accepted>('POST', '/apps', spec);
  }

  async change(app: string, patch: object): Promise<Accepted> {
    return await this.ask<Accepted>('PATCH', `/apps/${app}`, patch);
  }

  async act(
    app: string,
    action: 'start' | 'stop' | 'restart' | 'roll' | 'release' | 'prune',
  ): Promise<Accepted> {
    return await this.ask<Accepted>('POST', `/apps/${app}/${action}`);
  }

  async delete(app: string): Promise<Accepted> {
    return await this.ask<Accepted>('DELETE', `/apps/${app}`);
  }

  /** How far the workers are, at once or when they are there. */
  async wait(app: string, seconds: number): Promise<Waited> {
    return await this.ask<Waited>('GET', `/apps/${app}/wait?timeout=${seconds}`);
  }

  async isReady(): Promise<boolean> {
    return await this.isWell('readyz');
  }

  /** Whether it serves, as a load balancer asks it. */
  async isAlive(): Promise<boolean> {
    return await this.isWell('healthz');
  }

  private async isWell(path: string): Promise<boolean> {
    const answer = await fetch(`${this.root}/${path}`, { signal: AbortSignal.timeout(LIMIT_MS) }).catch(
      () => null,
    );
    await answer?.body?.cancel();
    return answer?.status === 200;
  }
}
