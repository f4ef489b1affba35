import { ackFrame, type Frame, methodOf, METHODS, tagOf, withTag } from './amqp-frames.js';

/** A channel whose messages are confirmed. */
interface Confirming {
  /** Messages that the client has sent on it. */
  sent: number;
  /** The client's number of each message that the broker got, which counts these alone. */
  passedOn: number[];
}

/**
 * Drops what a client publishes, and confirms it in the broker's place. What is published before and after that is
 * passed on, with the confirmations for the right messages.
 */
export class FalseConfirms {
  /** Messages are dropped. */
  lying = false;
  private readonly confirming = new Map<number, Confirming>();
  /** Channels on which the rest of a message is to be dropped, too. */
  private readonly dropping = new Set<number>();

  /** @returns what the broker and what the client is to get, in place of a frame of the client */
  fromClient(frame: Frame): { toBroker: Frame[]; toClient: Frame[] } {
    const { channel, type } = frame;
    const method = methodOf(frame);
    if (type === 1) this.dropping.delete(channel);
    if (method === METHODS.openChannel) this.confirming.delete(channel);
    if (method === METHODS.selectConfirms) this.confirming.set(channel, { sent: 0, passedOn: [] });
    const confirming = this.confirming.get(channel);
    if (method === METHODS.publish && confirming) {
      confirming.sent += 1;
      if (this.lying) {
        this.dropping.add(channel);
        return { toBroker: [], toClient: [ackFrame(channel, confirming.sent)] };
      }
      confirming.passedOn.push(confirming.sent);
    }
    const isRest = (type === 2 || type === 3) && this.dropping.has(channel);
    return { toBroker: isRest ? [] : [frame], toClient: [] };
  }

  /** @returns what the client is to get in place of a frame of the broker */
  fromBroker(frame: Frame): Frame {
    const method = methodOf(frame);
    if (method !== METHODS.ack && method !== METHODS.nack) return frame;
    const tag = this.confirming.get(frame.channel)?.passedOn[tagOf(frame) - 1];
    return tag === undefined ? frame : withTag(frame, tag);
  }
}
