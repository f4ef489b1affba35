import { randomBytes } from 'node:crypto';
import type { UpdateState } from '@nebula/contracts';
import type { StreamedEvent } from '../http/event-stream.js';
import type { FleetState } from '../store/fleet-records.js';

/** An app is wanted otherwise than before. */
export interface AppEvent {
  type: 'app';
  data: {
    app_name: string;
    epoch: number;
    revision: number;
    deleted: boolean;
    running: boolean;
    updated_at: string;
  };
}

/** The workers of an app are otherwise than before. */
export interface ConvergenceEvent {
  type: 'convergence';
  data: {
    app_name: string;
    epoch: number;
    /** The desired one. */
    revision: number;
    /** Number of workers by state. */
    summary: Record<FleetState, number>;
  };
}

/** Workers on which the newest change of an app has failed, or is taken back, are others than before. */
export interface UpdateEvent {
  type: 'update';
  data: {
    app_name: string;
    epoch: number;
    /** The desired one. */
    revision: number;
    /** Number of workers that have that revision by how the change to it is there. */
    updates: Record<UpdateState, number>;
  };
}

/** What was told before may not be so any more, as the database was restored. */
export interface ResetEvent {
  type: 'reset';
  data: Record<string, never>;
}

export type FleetEvent = AppEvent | ConvergenceEvent | UpdateEvent | ResetEvent;

/** What a client has seen: up to which event, and when. */
export interface Seen {
  /** Null when it was seen elsewhere, at another instance or before a restart. */
  number: number | null;
  /** Milliseconds since 1970. */
  at: number;
}

/** The newest events, so that a client that was away for a moment misses none. */
export class EventLog {
  private readonly instance = randomBytes(6).toString('hex');
  private readonly listeners = new Set<(event: StreamedEvent & FleetEvent) => void>();
  private readonly kept: (StreamedEvent & FleetEvent)[] = [];
  private count = 0;

  constructor(private readonly length: number) {}

  append(event: FleetEvent, now: number): void {
    this.count += 1;
    const identified = { ...event, id: this.newestId(now) };
    this.kept.push(identified);
    if (this.kept.length > this.length) this.kept.shift();
    for (const listener of this.listeners) listener(identified);
  }

  /** The id of whoever has seen all there is. */
  newestId(now: number): string {
    return `${this.instance}-${this.count}-${now}`;
  }

  /** Null when that is no id of ours, nor of another instance. */
  read(id: string): Seen | null {
    const [, instance, number, at] = /^([0-9a-f]{12})-([0-9]{1,15})-([0-9]{1,15})$/.exec(id) ?? [];
    if (instance === undefined) return null;
    const own = instance === this.instance && Number(number) <= this.count;
    return { number: own ? Number(number) : null, at: Number(at) };
  }

  /** What came after; null when some of it isn't kept any more. */
  after({ number }: Seen): (StreamedEvent & FleetEvent)[] | null {
    if (number === null || this.count - number > this.kept.length) return null;
    return this.kept.slice(this.kept.length - (this.count - number));
  }

  /** Something may have happened that nobody looked for: what was seen before leads nowhere any more. */
  interrupt(): void {
    this.kept.length = 0;
    this.count += 1;
  }

  /** Answers how to end it. */
  follow(listener: (event: StreamedEvent & FleetEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  get followers(): number {
    return this.listeners.size;
  }
}
