/** So many records are kept. */
const MOST = 256;

/** A row with a longer text is not kept: few apps are so large, and all together mustn't fill the memory. */
const LONGEST_TEXT = 32_768;

interface Known<Row, Record> {
  row: Row;
  record: Record;
  /** Of the database, before the row was read last. */
  generation: number;
}

/**
 * Records that were made of rows before. While the generation of the database stays, nothing in it has changed and no row
 * is read; and a row that says the same as before, column by column, is not parsed once more. The database is asked for
 * its generation each time, so what `get` answers is never older than it; what `last` answers may be. Records are frozen,
 * since they are handed out more than once.
 */
export class KnownRecords<Row extends object, Record extends object> {
  /** What was read last stands at the end. */
  private readonly known = new Map<string, Known<Row, Record>>();

  constructor(private readonly make: (row: Row) => Record) {}

  /**
   * @param key under which the row is likely to be asked for again
   * @param generation of the database, asked for just now
   * @param read answers the row; undefined when there is none
   */
  get(key: string, generation: number, read: () => Row | undefined): Record | null {
    const before = this.known.get(key);
    if (before?.generation === generation) return before.record;
    const row = read();
    if (before) this.known.delete(key);
    if (!row) return null;
    const isKnown = before !== undefined && isSame(before.row, row);
    const entry = isKnown ? { ...before, generation } : { row, record: frozen(this.make(row)), generation };
    if (isKnown || !isLong(row)) this.known.set(key, entry);
    this.forgetOldest();
    return entry.record;
  }

  /** What was made of a row when it was read last, and that row; null when none is kept. The database isn't asked. */
  last(key: string): { row: Row; record: Record } | null {
    return this.known.get(key) ?? null;
  }

  forget(key: string): void {
    this.known.delete(key);
  }

  private forgetOldest(): void {
    if (this.known.size <= MOST) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
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
