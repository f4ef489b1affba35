import { stripVTControlCharacters } from 'node:util';
import { type Output, writeLine } from '../console/terminal.js';

/** One line that changes on a terminal; elsewhere a line for each change. */
export class ProgressLine {
  private last = '';

  constructor(private readonly output: Output) {}

  show(text: string): void {
    if (text === this.last) return;
    this.last = text;
    if (this.output.isTTY !== true) return writeLine(this.output, text);
    // What doesn't fit would break into lines that can't be taken back.
    const width = (this.output.columns ?? 80) - 1;
    const fits = stripVTControlCharacters(text).length <= width;
    this.output.write(`\r\u001b[2K${fits ? text : stripVTControlCharacters(text).slice(0, width)}`);
  }

  /** Nothing follows. */
  end(): void {
    if (this.last !== '' && this.output.isTTY === true) this.output.write('\r\u001b[2K');
  }
}
