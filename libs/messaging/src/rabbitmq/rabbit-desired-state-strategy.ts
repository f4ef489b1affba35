import { PATTERNS } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { callHandler } from '../call-handler.js';
import type { DesiredStateOrigin } from '../ports.js';
import type { Backoff } from './backoff.js';
import type { BrokerConnection } from './broker-connection.js';
import { NewestMessage } from './newest-message.js';
import { StreamSubscriptions } from './stream-subscriptions.js';

/** What came of one app and was not handed on yet. */
interface Inbox {
  newest: NewestMessage;
  /** The stream is received up to its end, so that what is newest is known. */
  caughtUp: boolean;
  delivering: boolean;
}

/**
 * Brings desired states from the streams of RabbitMQ to the `@EventPattern` handler of a worker: first the newest of
 * each app, also after a reconnect, then each that is appended. Of several that come while the handler is busy, it
 * gets the newest alone. A message that is none comes too when it is the newest, so that it can be reported.
 */
export class RabbitDesiredStateStrategy extends Server implements CustomTransportStrategy {
  protected override readonly logger = new Logger(RabbitDesiredStateStrategy.name);
  private readonly subscriptions: StreamSubscriptions;
  private readonly inboxes = new Map<string, Inbox>();
  private handler: MessageHandler | null = null;

  /**
   * @param connection started by `listen`; whoever made it closes it, as others may still send on it
   * @param retry waits for streams that are missing
   */
  constructor(
    private readonly connection: BrokerConnection,
    apps: readonly string[],
    retry?: Backoff,
  ) {
    super();
    this.subscriptions = new StreamSubscriptions(
      connection,
      {
        began: (app) => this.change(app, (inbox) => (inbox.caughtUp = false)),
        received: (app, content) => this.change(app, ({ newest }) => newest.add(content)),
        caughtUp: (app) => this.change(app, (inbox) => (inbox.caughtUp = true)),
      },
      retry,
    );
    this.setApps(apps);
  }

  /** From now on these apps are followed, and no others. */
  setApps(apps: readonly string[]): void {
    const wanted = new Set(apps);
    for (const app of this.inboxes.keys()) if (!wanted.has(app)) this.inboxes.delete(app);
    for (const app of wanted) {
      if (!this.inboxes.has(app))
        this.inboxes.set(app, { newest: new NewestMessage(app), caughtUp: false, delivering: false });
    }
    this.subscriptions.setApps([...wanted]);
  }

  /** Doesn't wait for RabbitMQ, which may come later. */
  listen(callback: () => void): void {
    this.connection.start();
    callback();
  }

  /** Nothing is handed on any more. */
  async close(): Promise<void> {
    this.inboxes.clear();
    await this.subscriptions.stop();
  }

  /** Null when desired states can come, else what is in the way, in a few words. */
  problem(): string | null {
    return this.connection.receivingProblem() ?? this.subscriptions.problem();
  }

  /** Problems are told by `problem` and the log. */
  on(): void {}

  unwrap<T>(): T {
    throw new Error("The client of RabbitMQ is made anew with each connection and can't be handed out.");
  }

  private change(app: string, change: (inbox: Inbox) => void): void {
    const inbox = this.inboxes.get(app);
    // Of an app that was just taken off the list something can still be on its way.
    if (!inbox) return;
    change(inbox);
    this.deliver(app, inbox);
  }

  private deliver(app: string, inbox: Inbox): void {
    if (!inbox.caughtUp || inbox.delivering || inbox.newest.isEmpty) return;
    inbox.delivering = true;
    void this.deliverAll(app, inbox).finally(() => {
      inbox.delivering = false;
      this.deliver(app, inbox);
    });
  }

  private async deliverAll(app: string, inbox: Inbox): Promise<void> {
    // Never on the stack of the client: more of the same burst may follow at once.
    await new Promise((resolve) => setImmediate(resolve));
    while (inbox.caughtUp && !inbox.newest.isEmpty) {
      for (const payload of inbox.newest.take()) {
        if (this.inboxes.get(app) === inbox) await this.hand(app, payload);
      }
    }
  }

  private async hand(app: string, payload: unknown): Promise<void> {
    const origin: DesiredStateOrigin = { app_name: app };
    try {
      // Looked up once: for that Nest parses the pattern as JSON, which it is not, and that costs more than all else.
      this.handler ??= this.getHandlerByPattern(PATTERNS.desiredState);
      if (!this.handler) throw new Error(`nothing handles the pattern ${PATTERNS.desiredState}`);
      await callHandler(this.handler, payload, origin);
    } catch (error) {
      this.logger.error(`a ${PATTERNS.desiredState} message could not be handled`, error);
    }
  }
}
