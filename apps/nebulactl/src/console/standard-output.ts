import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { Output } from './terminal.js';

/**
 * What is printed to. Where that is a file it is written to until all of it is there: Node's own stream takes a write of a
 * part for one of the whole, which it is not when the disk gets full in the middle.
 * @param fd of that stream
 */
export function printedTo(stream: Output, fd: number): Output {
  if (!fstatSync(fd).isFile()) return stream;
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      try {
        for (let written = 0; written < piece.length; ) written += writeSync(fd, piece, written);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
