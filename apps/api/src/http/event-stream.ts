import { Readable } from 'node:stream';
import { Answer } from './answer.js';

/** An event as server-sent events have it. */
export interface StreamedEvent {
  /** What a client that comes back says that it has seen. One line. */
  id: string;
  /** One line. */
  type: string;
  /** Sent as JSON. */
  data: unknown;
}

/** So much may wait for a reader, bytes. One that is slower is cut off, and comes back where it was. */
const LONGEST_BACKLOG = 262_144;

/** A line that says nothing comes this often, so that nobody between takes the connection for dead, milliseconds. */
const KEEP_ALIVE_MS = 15_000;

/** Server-sent events to one reader. */
export class EventStream {
  private readonly body = new Readable({ read: () => this.onWanted() });
  /** Called when little waits for the reader, or it has gone. */
  private onWanted = () => {};
  /** The end is on its way, behind what waits for the reader. */
  private isEnded = false;
  /** Bytes that were sent since the last replay, or since the beginning. */
  private sinceReplay = 0;
  private readonly keepAlive = setInterval(() => this.push(':\n\n'), KEEP_ALIVE_MS);

  /** @param onClose called once, when the reader has gone, was too slow, or was told the end */
  constructor(
    onClose: () => void,
    private readonly longestBacklog = LONGEST_BACKLOG,
  ) {
    this.body.once('close', () => {
      clearInterval(this.keepAlive);
      this.onWanted();
      onClose();
    });
  }

  /** What the handler answers. */
  get answer(): Answer<Readable> {
    return new Answer(200, this.body, {
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies that gather what they pass on would hold it back.
      'x-accel-buffering': 'no',
    });
  }

  send(event: StreamedEvent): void {
    this.push(textOf(event));
  }

  /**
   * Sends what the reader has missed, however much that is: one that is cut off for it would come back where it was, and
   * be cut off again. Whoever calls it keeps a bound.
   */
  replay(events: readonly StreamedEvent[]): void {
    for (const text of events.map(textOf)) {
      this.sinceReplay = 0;
      this.push(text);
    }
    this.sinceReplay = 0;
  }

  /** Resolves when the reader has taken so much that more may wait for it; false when it is gone. For one caller at a time. */
  async taken(): Promise<boolean> {
    if (!this.body.destroyed && this.body.readableLength > this.longestBacklog) {
      await new Promise<void>((resolve) => {
        this.onWanted = resolve;
      });
    }
    return !this.isEnded && !this.body.destroyed;
  }

  end(): void {
    if (this.isEnded || this.body.destroyed) return;
    this.isEnded = true;
    this.body.push(null);
  }

  /** Ends it at once, with what waits for the reader: one that doesn't read would keep its place otherwise. */
  cut(): void {
    this.body.destroy();
  }

  private push(text: string): void {
    if (this.isEnded || this.body.destroyed) return;
    // What waits ends with what came last, so what was missed is in it only where more waits than came since.
    if (Math.min(this.body.readableLength, this.sinceReplay) > this.longestBacklog) {
      this.body.destroy();
      return;
    }
    this.sinceReplay += Buffer.byteLength(text);
    this.body.push(text);
  }
}

function textOf({ id, type, data }: StreamedEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
