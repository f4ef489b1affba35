import { buckets, Counter, Histogram, type Registry } from '@nebula/metrics';

/** A request that was answered. */
export interface AnsweredRequest {
  method: string;
  /** As the router has it, like `/api/v3/apps/:app`; undefined of a path that leads nowhere. */
  route: string | undefined;
  status: number;
  seconds: number;
}

/** So that whoever tries paths makes no series of them. */
const UNKNOWN_ROUTE = 'unknown';

/** Requests by route, never by path: their number doesn't grow with apps or workers. */
export class RequestMetrics {
  private readonly requests: Counter<'method' | 'route' | 'status'>;
  private readonly durations: Histogram<'method' | 'route'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'nebula_http_requests_total',
      help: 'Requests that were answered.',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.durations = new Histogram({
      name: 'nebula_http_request_duration_seconds',
      help: 'Time from the head of a request until its answer was sent. Of /events and /wait it is how long somebody listened.',
      labelNames: ['method', 'route'],
      buckets: buckets.work,
      registers,
    });
  }

  answered({ method, route = UNKNOWN_ROUTE, status, seconds }: AnsweredRequest): void {
    this.requests.inc({ method, route, status: String(status) });
    this.durations.observe({ method, route }, seconds);
  }
}
