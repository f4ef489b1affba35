import type { RuntimeEvent } from '../../container-runtime/container-runtime.js';

/** Events to several readers, each from the moment it begins. */
export class EventStream {
  private readonly readers = new Set<{ queue: RuntimeEvent[]; wake: () => void }>();

  emit(event: RuntimeEvent): void {
    for (const reader of this.readers) {
      reader.queue.push(event);
      reader.wake();
    }
  }

  /** Begins with `connected`; ends when the signal aborts. */
  async *read(signal: AbortSignal): AsyncGenerator<RuntimeEvent, void, undefined> {
    const reader = { queue: [{ action: 'connected', app_name: null } as RuntimeEvent], wake: () => {} };
    this.readers.add(reader);
    signal.addEventListener('abort', () => reader.wake());
    try {
      while (!signal.aborted) {
        const event = reader.queue.shift();
        if (event) yield event;
        else
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
      }
    } finally {
      this.readers.delete(reader);
    }
  }
}
