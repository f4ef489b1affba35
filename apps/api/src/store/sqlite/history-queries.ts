import type { Query } from './query.js';

const SUMMARY = 'app_name, revision, deleted, created_at, updated_at, change, changed_by, reason';

/** The statements of `SqliteAppStore` about revisions that were replaced. They go with their app by the foreign key. */
export const HISTORY_QUERIES = {
  /** One that is kept under the same number is of a time that the restore of a backup has undone. */
  keep: {
    sql: `
      INSERT OR REPLACE INTO revisions (${SUMMARY}, tokens, spec)
      SELECT ${SUMMARY}, tokens, spec FROM apps WHERE app_name = :app_name AND revision = :expected_revision`,
  },

  /**
   * The same only where all of the record but its marks is as it was read: the restore of a backup can have come to the
   * same revision another way, and the spec can have been rewritten.
   */
  keepExactly: {
    sql: `
      INSERT OR REPLACE INTO revisions (${SUMMARY}, tokens, spec)
      SELECT ${SUMMARY}, tokens, spec FROM apps
      WHERE app_name = :app_name AND revision = :expected_revision
        AND (spec, tokens, deleted, created_at, updated_at, change, changed_by, reason)
          IS (:expected_spec, :expected_tokens, :expected_deleted, :expected_created_at, :expected_updated_at,
            :expected_change, :expected_changed_by, :expected_reason)`,
  },

  add: {
    sql: `
      INSERT OR REPLACE INTO revisions (${SUMMARY}, tokens, spec)
      VALUES (:app_name, :revision, :deleted, :created_at, :updated_at, :change, :changed_by, :reason,
        :tokens, :spec)`,
  },

  list: {
    sql: `
      SELECT ${SUMMARY} FROM revisions
      WHERE app_name = :app_name AND revision < :before ORDER BY revision DESC LIMIT :limit`,
  },

  get: {
    sql: `SELECT ${SUMMARY}, tokens, spec FROM revisions WHERE app_name = :app_name AND revision = :revision`,
  },

  /** A spec that is null, or of a version that knew no secrets, has none. */
  secretNames: {
    sql: `
      SELECT DISTINCT secret.value AS name FROM revisions r, json_each(r.spec, '$.secret_env_vars') secret
      WHERE r.app_name = :app_name AND r.revision < :before`,
  },

  rewrite: {
    sql: 'UPDATE revisions SET spec = :spec WHERE app_name = :app_name AND revision = :revision',
  },

  /** Where there are no more than `keep`, the newest to be forgotten is null, which nothing is below. */
  forget: {
    sql: `
      DELETE FROM revisions WHERE app_name = :app_name AND revision <= (
        SELECT revision FROM revisions WHERE app_name = :app_name ORDER BY revision DESC LIMIT 1 OFFSET :keep)`,
  },
} satisfies Record<string, Query>;
