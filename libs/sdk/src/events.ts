import type { NebulaClient } from './client.js';
import { isTransient, NebulaApiError, NebulaConnectionError } from './errors.js';
import { EventParser, type RawEvent } from './event-parser.js';
import type { AppEvent, ConvergenceEvent, UpdateEvent } from './generated/types.gen.js';
import { pause } from './pause.js';
import { waitBefore } from './retry.js';

/** Something that has happened. `id` is what a later stream can begin behind. */
export type NebulaEvent =
  /** The stream begins: read what you need now; what happens from here on is told. */
  | { type: 'start'; id: string; data: Record<string, never> }
  /** Something may have been missed: read again what you need. */
  | { type: 'reset'; id: string; data: Record<string, never> }
  /** An app is wanted otherwise than before. */
  | { type: 'app'; id: string; data: AppEvent }
  /** The workers of an app are otherwise than before. */
  | { type: 'convergence'; id: string; data: ConvergenceEvent }
  /** The change of an app has failed on other workers than before, or is taken back there. */
  | { type: 'update'; id: string; data: UpdateEvent };

export interface EventOptions {
  client: NebulaClient;
  query?: {
    /** Events of this app alone. */
    app?: string;
  };
  /** Id of the last event that was seen, in an earlier stream. */
  lastEventId?: string;
  /** Ends the stream; its reason is thrown. */
  signal?: AbortSignal;
}

type Piece = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

/** A newer api may tell more, which nobody asked for. */
const TYPES: ReadonlySet<string> = new Set<NebulaEvent['type']>([
  ...(['start', 'reset', 'app', 'convergence', 'update'] as const),
]);

/** The api says something every 15 s. Who is silent for so long is gone, milliseconds. */
const LONGEST_SILENCE_MS = 45_000;

/**
 * Follows what happens, without an end: leave the loop, or abort the signal. A stream that breaks is opened again behind
 * the last event, after a wait that grows; what was missed is told then, or `reset` says that it can't be.
 *
 * @throws {NebulaApiError} when the api refuses, as with wrong credentials
 */
export async function* streamEvents(options: EventOptions): AsyncGenerator<NebulaEvent, void, undefined> {
  const { signal } = options;
  let lastEventId = options.lastEventId ?? null;
  let failures = 0;
  for (;;) {
    let retryAfter: number | null = null;
    try {
      for await (const event of openStream(options, lastEventId)) {
        failures = 0;
        lastEventId = event.id;
        if (isKnown(event))
          yield { type: event.type, id: event.id, data: JSON.parse(event.data) as unknown } as NebulaEvent;
      }
    } catch (error) {
      if (!isTransient(error)) throw error;
      retryAfter = error instanceof NebulaApiError ? error.retryAfter : null;
    }
    failures += 1;
    await pause(waitBefore(failures, retryAfter, Math.random()), signal);
  }
}

/** The events of one connection, until it ends. */
async function* openStream(
  { client, query, signal }: EventOptions,
  lastEventId: string | null,
): AsyncGenerator<RawEvent, void, undefined> {
  const body = await client.get<ReadableStream<Uint8Array>, unknown, true, 'data'>({
    url: '/api/v3/events',
    parseAs: 'stream',
    ...(query ? { query: { ...query } } : {}),
    ...(lastEventId === null ? {} : { headers: { 'Last-Event-ID': lastEventId } }),
    ...(signal ? { signal } : {}),
  });
  const reader = body.getReader();
  const parser = new EventParser();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await nextPiece(reader, signal);
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Whoever leaves the loop wants no more; the connection ends with it.
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * The next piece.
 * @throws the signal's reason
 * @throws {NebulaConnectionError} when nothing comes for too long, or the connection breaks
 */
function nextPiece(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Piece> {
  return new Promise((resolve, reject) => {
    const end = (then: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      then();
    };
    const broken = (cause?: unknown) =>
      end(() => reject(new NebulaConnectionError('the stream of events broke', { cause })));
    const abort = () => end(() => reject(signal?.reason as Error));
    const timer = setTimeout(broken, LONGEST_SILENCE_MS);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    reader.read().then((result) => end(() => resolve(result)), broken);
  });
}

function isKnown({ type }: RawEvent): boolean {
  return TYPES.has(type);
}
