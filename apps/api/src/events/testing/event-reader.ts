import { expect } from '@jest/globals';
import { SearchedStream } from '../../../../../tools/test/known-secrets.mjs';
import { eventually } from '../../testing/eventually.js';

export interface ReadEvent {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

/** A client of server-sent events. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  /** The answer has ended, one way or the other. */
  ended = false;
  private readonly leaving = new AbortController();

  private constructor(readonly headers: Headers) {}

  static async open(url: string, lastId?: string, authorization?: string): Promise<EventReader> {
    const leaving = new AbortController();
    const headers: Record<string, string> = {
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      ...(authorization === undefined ? {} : { authorization }),
    };
    const response = await fetch(url, { headers, signal: leaving.signal });
    if (response.status !== 200 || !response.body) throw new Error(`answered with ${response.status}`);
    const reader = new EventReader(response.headers);
    reader.leaving.signal.addEventListener('abort', () => leaving.abort());
    void reader.read(response.body);
    return reader;
  }

  leave(): void {
    this.leaving.abort();
  }

  get lastId(): string {
    return this.events.at(-1)?.id ?? '';
  }

  /** Resolves with the first event of this type that has this in its data. */
  async got(type: string, data: Record<string, unknown> = {}): Promise<ReadEvent> {
    return await eventually(() => {
      const found = this.events.find((event) => event.type === type && matches(event.data, data));
      if (!found)
        throw new Error(`no event ${type} with ${JSON.stringify(data)}: ${JSON.stringify(this.events)}`);
      return found;
    });
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    const searched = new SearchedStream('events');
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        const part = decoder.decode(chunk, { stream: true });
        searched.add(part);
        text += part;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) if (!block.startsWith(':')) this.events.push(parsed(block));
      }
    } catch {
      // It was cut off.
    }
    this.ended = true;
  }
}

function parsed(block: string): ReadEvent {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  const data = JSON.parse(fields.get('data') ?? '') as Record<string, unknown>;
  return { id: fields.get('id') ?? '', type: fields.get('event') ?? '', data };
}

function matches(found: Record<string, unknown>, expected: Record<string, unknown>): boolean {
  try {
    expect(found).toMatchObject(expected);
    return true;
  } catch {
    return false;
  }
}
