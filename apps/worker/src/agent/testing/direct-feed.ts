import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';

/** A transport that brings what a test hands it, and nothing else. */
export class DirectFeed extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  on(): void {}

  unwrap<T>(): T {
    throw new Error('There is nothing behind it.');
  }

  /** Resolves when the handler has taken the payload, which comes from the stream of its app. */
  async deliver(pattern: string, payload: { app_name: string }): Promise<void> {
    const handler = this.getHandlerByPattern(pattern);
    if (!handler) throw new Error(`Nobody listens to ${pattern}.`);
    const answer: unknown = await handler(payload, { app_name: payload.app_name });
    if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
  }
}
