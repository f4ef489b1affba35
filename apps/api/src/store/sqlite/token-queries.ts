import type { Query } from './query.js';

const COLUMNS = 'name, id, hash, rights, apps, created_at, created_by, expires_at, last_used_at';

/** The statements of `SqliteTokenStore`. */
export const TOKEN_QUERIES = {
  get: { sql: `SELECT ${COLUMNS} FROM tokens WHERE name = :name` },

  byId: {
    sql: `SELECT ${COLUMNS} FROM tokens WHERE id = :id`,
    index: 'CREATE INDEX IF NOT EXISTS tokens_id ON tokens (id)',
  },

  list: { sql: `SELECT ${COLUMNS} FROM tokens WHERE name > :after ORDER BY name LIMIT :limit` },

  insert: {
    sql: `
      INSERT INTO tokens (${COLUMNS})
      VALUES (:name, :id, :hash, :rights, :apps, :created_at, :created_by, :expires_at, :last_used_at)
      ON CONFLICT (name) DO NOTHING`,
  },

  remove: { sql: 'DELETE FROM tokens WHERE name = :name' },

  noteUse: {
    sql: `
      UPDATE tokens SET last_used_at = :at
      WHERE name = :name AND id = :id AND (last_used_at IS NULL OR last_used_at < :at)`,
  },
} satisfies Record<string, Query>;
