/** So many records are kept. */
const MOST = 256;

/** A row with a longer text is not kept: few apps are so large, and all together mustn't fill the memory. */
const LONGEST_TEXT = 32_768;

/**
 * Records that were made of rows before: a row that says the same, column by column, is not parsed once more. The
 * database is asked each time, so nothing in here is ever older than it. Records are frozen, since they are handed out
 * more than once.
 */
export class KnownRecords<Row extends object, Record extends object> {
  private readonly known = new Map<string, { row: Row; record: Record }>();

  constructor(private readonly make: (row: Row) => Record) {}

  /** @param key under which the row is likely to be asked for again */
  of(key: string, row: Row): Record {
    const before = this.known.get(key);
    const isKnown = before !== undefined && isSame(before.row, row);
    const entry = isKnown ? before : { row, record: frozen(this.make(row)) };
    // What was asked for last is forgotten last.
    this.known.delete(key);
    if (isKnown || !isLong(row)) this.known.set(key, entry);
    this.forgetOldest();
    return entry.record;
  }

  private forgetOldest(): void {
    const [oldest] = this.known.keys();
    if (this.known.size > MOST && oldest !== undefined) this.known.delete(oldest);
  }
}

function isLong(row: object): boolean {
  return Object.values(row).some((column) => typeof column === 'string' && column.length > LONGEST_TEXT);
}

function isSame<Row extends object>(one: Row, other: Row): boolean {
  for (const column in other) if (one[column] !== other[column]) return false;
  return true;
}

function frozen<Value extends object>(value: Value): Value {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) frozen(member as object);
  return Object.freeze(value);
}
