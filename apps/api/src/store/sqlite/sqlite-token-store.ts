import { type TokenPage, type TokenRecord, TokenStore } from '../token-store.js';
import { KnownRecords } from './known-records.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { TOKEN_QUERIES } from './token-queries.js';

/** `apps` is JSON. */
type TokenRow = Omit<TokenRecord, 'apps'> & { apps: string | null };

/** Tokens in a SQLite file. A use that was noted last may be lost with the power, and nothing else. */
export class SqliteTokenStore extends TokenStore {
  private readonly known = new KnownRecords(toRecord);

  constructor(private readonly database: SqliteDatabase) {
    super();
  }

  override async get(name: string): Promise<TokenRecord | null> {
    const [row] = this.database.read<TokenRow>(TOKEN_QUERIES.get, { name });
    return row ? toRecord(row) : null;
  }

  override async byId(id: string): Promise<TokenRecord | null> {
    return this.atOnce(id);
  }

  override atOnce(id: string): TokenRecord | null {
    return this.known.get(id, this.database.generationToShare(), () =>
      this.database.readOne<TokenRow>(TOKEN_QUERIES.byId, { id }),
    );
  }

  override async list({ limit, after = '' }: { limit: number; after?: string }): Promise<TokenPage> {
    const rows = this.database.read<TokenRow>(TOKEN_QUERIES.list, { after, limit: limit + 1 });
    const items = rows.slice(0, limit).map(toRecord);
    return { items, next_after: rows.length > limit ? (items.at(-1)?.name ?? null) : null };
  }

  override async insert(record: TokenRecord): Promise<boolean> {
    const row = { ...record, apps: record.apps && JSON.stringify(record.apps) };
    return this.database.change(TOKEN_QUERIES.insert, row, 'power-loss') > 0;
  }

  override async remove(name: string): Promise<boolean> {
    return this.database.change(TOKEN_QUERIES.remove, { name }, 'power-loss') > 0;
  }

  override async noteUse({ name, id }: { name: string; id: string }, at: string): Promise<void> {
    this.database.change(TOKEN_QUERIES.noteUse, { name, id, at }, 'process-end');
  }
}

function toRecord(row: TokenRow): TokenRecord {
  return { ...row, apps: row.apps === null ? null : (JSON.parse(row.apps) as string[]) };
}
