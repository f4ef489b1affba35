/** One frame of AMQP 0-9-1, or the greeting with which a client begins, whole. */
export interface Frame {
  /** 1 method, 2 header of a message, 3 part of its body, 8 heartbeat; 0 for the greeting. */
  type: number;
  channel: number;
  /** All of it, with its head and its end. */
  bytes: Buffer;
}

/** Methods, as class and number. */
export const METHODS = {
  openChannel: '20.10',
  publish: '60.40',
  ack: '60.80',
  nack: '60.120',
  selectConfirms: '85.10',
} as const;

const HEAD = 7;
const GREETING = Buffer.from('AMQP');
const GREETING_LENGTH = 8;
const END = 0xce;

/** Cuts what arrives on a connection into frames. */
export class FrameSplitter {
  private rest = Buffer.alloc(0);

  /** @returns the frames that are whole by now */
  add(chunk: Buffer): Frame[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.take(); frame; frame = this.take()) frames.push(frame);
    return frames;
  }

  private take(): Frame | null {
    const { rest } = this;
    if (rest.length < HEAD) return null;
    const isGreeting = rest.subarray(0, GREETING.length).equals(GREETING);
    const length = isGreeting ? GREETING_LENGTH : HEAD + rest.readUInt32BE(3) + 1;
    if (rest.length < length) return null;
    this.rest = rest.subarray(length);
    const bytes = rest.subarray(0, length);
    if (isGreeting) return { type: 0, channel: 0, bytes };
    return { type: rest.readUInt8(0), channel: rest.readUInt16BE(1), bytes };
  }
}

/** Class and number of a method; empty for any other frame. */
export function methodOf({ type, bytes }: Frame): string {
  return type === 1 ? `${bytes.readUInt16BE(HEAD)}.${bytes.readUInt16BE(HEAD + 2)}` : '';
}

/** The number of the message that is acknowledged by an ack or nack, from 1; 0 stands for all. */
export function tagOf({ bytes }: Frame): number {
  return Number(bytes.readBigUInt64BE(HEAD + 4));
}

/** The same acknowledgement for another number. */
export function withTag(frame: Frame, tag: number): Frame {
  const bytes = Buffer.from(frame.bytes);
  bytes.writeBigUInt64BE(BigInt(tag), HEAD + 4);
  return { ...frame, bytes };
}

/** That a broker has a message. */
export function ackFrame(channel: number, tag: number): Frame {
  const bytes = Buffer.alloc(HEAD + 13 + 1);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt16BE(channel, 1);
  bytes.writeUInt32BE(13, 3);
  bytes.writeUInt16BE(60, HEAD);
  bytes.writeUInt16BE(80, HEAD + 2);
  bytes.writeBigUInt64BE(BigInt(tag), HEAD + 4);
  bytes.writeUInt8(END, bytes.length - 1);
  return { type: 1, channel, bytes };
}
