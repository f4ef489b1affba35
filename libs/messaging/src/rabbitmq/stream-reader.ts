/** Who gets the messages of the streams. Nothing of it may throw. */
export interface StreamReader {
  /** From here on an app's newest messages come again, the oldest of them first. */
  began(appName: string): void;
  received(appName: string, content: Buffer): void;
  /** All that the stream held when it began has been received. */
  caughtUp(appName: string): void;
}
