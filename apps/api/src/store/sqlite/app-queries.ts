import type { Query } from './query.js';

const RECORD = `
  a.app_name, a.spec, a.revision, a.tokens, a.deleted, a.created_at, a.updated_at, a.change, a.changed_by, a.reason,
  (
    SELECT json_group_object(p.region,
      json_object('epoch', p.epoch, 'revision', p.revision, 'verified_at', p.verified_at))
    FROM published p WHERE p.app_name = a.app_name
  ) AS published`;

/** The statements of `SqliteAppStore`. Text compares byte by byte, which for app names is the code unit order. */
export const APP_QUERIES = {
  get: { sql: `SELECT ${RECORD} FROM apps a WHERE a.app_name = :app_name` },

  /** A prefix is a range, so that `%`, `_` and `*` mean themselves and the index finds its beginning. */
  list: {
    sql: `
      SELECT ${RECORD} FROM apps a
      WHERE a.deleted = 0 AND a.app_name > :after AND a.app_name >= :prefix AND a.app_name < :prefix_end
      ORDER BY a.app_name LIMIT :limit`,
    index: 'CREATE INDEX IF NOT EXISTS apps_not_deleted ON apps (app_name) WHERE deleted = 0',
  },

  recorded: {
    sql: 'SELECT a.app_name FROM apps a WHERE a.app_name IN (SELECT value FROM json_each(:app_names))',
  },

  /** By primary key. */
  records: { sql: `SELECT ${RECORD} FROM apps a WHERE a.app_name > :after ORDER BY a.app_name LIMIT :limit` },

  changedSince: {
    sql: `
      SELECT ${RECORD} FROM apps a
      WHERE (a.updated_at, a.app_name) > (:updated_at, :app_name)
      ORDER BY a.updated_at, a.app_name LIMIT :limit`,
    index: 'CREATE INDEX IF NOT EXISTS apps_updated_at ON apps (updated_at, app_name)',
  },

  insert: {
    sql: `
      INSERT INTO apps
        (app_name, spec, revision, tokens, deleted, created_at, updated_at, change, changed_by, reason)
      VALUES
        (:app_name, :spec, :revision, :tokens, :deleted, :created_at, :updated_at, :change, :changed_by, :reason)
      ON CONFLICT (app_name) DO NOTHING`,
  },

  insertMark: {
    sql: `
      INSERT INTO published (app_name, region, epoch, revision, verified_at)
      VALUES (:app_name, :region, :epoch, :revision, :verified_at)`,
  },

  replace: {
    sql: `
      UPDATE apps SET spec = :spec, revision = :revision, tokens = :tokens, deleted = :deleted,
        created_at = :created_at, updated_at = :updated_at,
        change = :change, changed_by = :changed_by, reason = :reason
      WHERE app_name = :app_name AND revision = :expected_revision`,
  },

  rewrite: { sql: 'UPDATE apps SET spec = :spec WHERE app_name = :app_name AND revision = :revision' },

  /** Reads every name and revision, but from an index that holds nothing else. */
  behind: {
    sql: `
      SELECT a.app_name FROM apps a
      LEFT JOIN published p ON p.app_name = a.app_name AND p.region = :region
      WHERE p.epoch IS NOT :epoch OR p.revision IS NOT a.revision
      ORDER BY a.app_name LIMIT :limit`,
    index: 'CREATE INDEX IF NOT EXISTS apps_revision ON apps (app_name, revision)',
  },

  outbox: {
    sql: `
      SELECT COUNT(*) AS apps, MIN(a.updated_at) AS oldest FROM apps a
      LEFT JOIN published p ON p.app_name = a.app_name AND p.region = :region
      WHERE p.epoch IS NOT :epoch OR p.revision IS NOT a.revision`,
  },

  /** By primary key, without a look at what is large. */
  currentRevisions: { sql: 'SELECT a.app_name, a.revision FROM apps a WHERE a.deleted = 0' },

  markPublished: {
    sql: `
      INSERT INTO published (app_name, region, epoch, revision, verified_at)
      SELECT app_name, :region, :epoch, :revision, :verified_at FROM apps
      WHERE app_name = :app_name AND revision = :revision
      ON CONFLICT (app_name, region) DO UPDATE
      SET epoch = excluded.epoch, revision = excluded.revision, verified_at = excluded.verified_at`,
  },

  /** What somebody has claimed in vain first, then the longest unverified, so that a limit leaves none waiting for good. */
  claimVerification: {
    sql: `
      UPDATE published SET verified_at = -:until
      WHERE region = :region AND app_name IN (
        SELECT app_name FROM published
        WHERE region = :region AND verified_at > :after AND verified_at < :before
          AND app_name NOT IN (SELECT value FROM json_each(:except))
        ORDER BY verified_at LIMIT :limit
      )
      RETURNING app_name`,
    index: 'CREATE INDEX IF NOT EXISTS published_verified_at ON published (region, verified_at)',
  },

  noteVerified: {
    sql: `
      UPDATE published SET verified_at = :verified_at
      WHERE region = :region AND verified_at < :verified_at
        AND app_name IN (SELECT value FROM json_each(:app_names))`,
  },

  clearPublished: { sql: 'DELETE FROM published WHERE app_name = :app_name AND region = :region' },

  oldTombstones: {
    sql: `SELECT ${RECORD} FROM apps a WHERE a.deleted = 1 AND a.updated_at < :before ORDER BY a.updated_at`,
    index: 'CREATE INDEX IF NOT EXISTS apps_deleted ON apps (updated_at) WHERE deleted = 1',
  },

  purge: { sql: 'DELETE FROM apps WHERE app_name = :app_name AND revision = :revision AND deleted = 1' },

  raisePurgedTo: { sql: 'UPDATE purged SET revision = :to WHERE revision < :to' },

  highestPurged: { sql: 'SELECT revision FROM purged' },

  epoch: { sql: 'SELECT value FROM epoch' },

  raiseEpoch: { sql: 'UPDATE epoch SET value = :to WHERE value < :to' },
} satisfies Record<string, Query>;
