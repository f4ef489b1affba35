import { createCipheriv, createDecipheriv, randomBytes, randomFillSync } from 'node:crypto';
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
  /** All that had changed until then was told. Milliseconds since 1970. */
  at: number;
}

const CIPHER = 'aes-128-ecb';
const BLOCK_BYTES = 16;
const NUMBER_BYTES = 6;
const RANDOM_BYTES = 6;

/**
 * As long as looks for changes are at most this old, milliseconds, ids do not tell when they were: the more happens to any
 * apps, the more looks there are.
 */
const HIDES_LOOKS_MS = 10_000;

/**
 * The newest events, so that a client that was away for a moment misses none. In their ids the number is one enciphered
 * block with random bytes: those who may see some apps alone are not told by it how much happens to all others, nor by two
 * of them whether anything did.
 */
export class EventLog {
  private readonly instance = randomBytes(6).toString('hex');
  private readonly key = randomBytes(16);
  private readonly listeners = new Set<(event: StreamedEvent & FleetEvent) => void>();
  private readonly kept: (StreamedEvent & FleetEvent)[] = [];
  private count = 0;
  private lookedAt = 0;

  constructor(private readonly length: number) {}

  /**
   * All that had changed when a look for changes began is appended. Ids have no later time than this: what changes while
   * workers are counted is not told yet, and another instance, which knows of the time alone, would leave it out.
   *
   * @param began milliseconds since 1970
   */
  looked(began: number): void {
    this.lookedAt = began;
  }

  append(event: FleetEvent, now: number): void {
    this.count += 1;
    const identified = { ...event, id: this.newestId(now) };
    this.kept.push(identified);
    if (this.kept.length > this.length) this.kept.shift();
    for (const listener of this.listeners) listener(identified);
  }

  /** The id of whoever has seen all there is. */
  newestId(now: number): string {
    const at = Math.max(0, Math.min(this.lookedAt, now - HIDES_LOOKS_MS));
    return `${this.instance}-${this.enciphered(this.count)}-${at}`;
  }

  /** Null when that is no id of ours, nor of another instance. */
  read(id: string): Seen | null {
    const [, instance, block, at] = /^([0-9a-f]{12})-([0-9a-f]{32})-([0-9]{1,15})$/.exec(id) ?? [];
    if (instance === undefined || block === undefined) return null;
    const number = instance === this.instance ? this.deciphered(block) : null;
    return { number: number !== null && number <= this.count ? number : null, at: Number(at) };
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

  private enciphered(number: number): string {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.writeUIntBE(number, 0, NUMBER_BYTES);
    randomFillSync(block, NUMBER_BYTES, RANDOM_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(block), cipher.final()]).toString('hex');
  }

  /** Null of what was not enciphered here: then the end of the block is something else than zero. */
  private deciphered(text: string): number | null {
    const cipher = createDecipheriv(CIPHER, this.key, null).setAutoPadding(false);
    const block = Buffer.concat([cipher.update(text, 'hex'), cipher.final()]);
    return block.subarray(NUMBER_BYTES + RANDOM_BYTES).every((byte) => byte === 0)
      ? block.readUIntBE(0, NUMBER_BYTES)
      : null;
  }
}
