/** A statement, and the index that it would scan a table without. */
export interface Query {
  sql: string;
  /** `CREATE INDEX IF NOT EXISTS …`. A changed index needs a new name, and a migration that drops the old one. */
  index?: string;
}
