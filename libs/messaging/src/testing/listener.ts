import { PATTERNS } from '@nebula/contracts';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type CustomTransportStrategy,
  type CustomStrategy,
  Ctx,
  EventPattern,
  Payload,
} from '@nestjs/microservices';
import { searchLogged } from './searched-log.js';

/** A microservice of Nest with one handler, and what it was given. */
export class Listener<T> {
  readonly received: T[] = [];
  /** What the transport said about each of them. */
  readonly origins: unknown[] = [];
  /** Lines that were logged as warnings and errors, with their fields. */
  readonly problems: string[] = [];
  /** Called with each message after it was noted. */
  handle: (message: T) => unknown = () => undefined;
  private service: INestMicroservice | null = null;

  static async start<T>(
    pattern: (typeof PATTERNS)[keyof typeof PATTERNS],
    strategy: CustomTransportStrategy,
    handle?: (message: T) => unknown,
  ): Promise<Listener<T>> {
    const listener = new Listener<T>();
    if (handle) listener.handle = handle;
    await listener.listen(pattern, strategy);
    return listener;
  }

  async close(): Promise<void> {
    await this.service?.close();
    this.service = null;
  }

  private async listen(pattern: string, strategy: CustomTransportStrategy): Promise<void> {
    const receive = (message: T, origin: unknown) => {
      this.received.push(message);
      this.origins.push(origin);
      return this.handle(message);
    };

    @Controller()
    class Handlers {
      @EventPattern(pattern)
      receive(@Payload() message: unknown, @Ctx() origin: unknown): unknown {
        return receive(message as T, origin);
      }
    }

    @Module({ controllers: [Handlers] })
    class ListenerModule {}

    const note = (...parts: unknown[]) => {
      searchLogged(...parts);
      this.problems.push(parts.map((part) => JSON.stringify(part)).join(' '));
    };
    this.service = await NestFactory.createMicroservice<CustomStrategy>(ListenerModule, {
      strategy,
      logger: { log: searchLogged, warn: note, error: note },
      abortOnError: false,
    });
    await this.service.listen();
  }
}
