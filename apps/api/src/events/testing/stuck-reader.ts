import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client of HTTP that asks, and reads nothing of the answer but its beginning. */
export class StuckReader {
  private constructor(private readonly socket: Socket) {}

  /** Resolves when the answer has begun. */
  static async open(url: string): Promise<StuckReader> {
    const { hostname, port, pathname, search } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    await once(socket, 'readable');
    return new StuckReader(socket);
  }

  /** Resolves when the server has ended the connection: reads what is on its way, and then nothing comes any more. */
  async ended(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.resume();
    await closed;
  }

  leave(): void {
    this.socket.destroy();
  }
}
