/** An event as it stands in a stream of server-sent events. */
export interface RawEvent {
  id: string;
  type: string;
  data: string;
}

/** Reads server-sent events (WHATWG HTML, 9.2.6) from text that arrives in pieces. */
export class EventParser {
  private rest = '';
  private type = '';
  private data: string[] = [];
  private id = '';

  /** The events that this piece completes. */
  push(text: string): RawEvent[] {
    const events: RawEvent[] = [];
    // A carriage return at the very end may be the first half of a line's end.
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = line === '' ? this.take() : this.read(line);
      if (event) events.push(event);
    }
    return events;
  }

  private read(line: string): null {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') this.type = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    return null;
  }

  private take(): RawEvent | null {
    const { id, type, data } = this;
    this.type = '';
    this.data = [];
    return data.length === 0 ? null : { id, type: type || 'message', data: data.join('\n') };
  }
}
