import { SILENT_INTERVALS } from '../fleet-records.js';
import type { Query } from './query.js';

/** Whether the worker `w` was silent for its whole time while the api listened. */
export const OFFLINE = `(
  :now - w.last_seen_at >= ${SILENT_INTERVALS * 1_000} * w.interval_seconds
  AND :listened_ms >= ${SILENT_INTERVALS * 1_000} * w.interval_seconds)`;

/** The statements of `SqliteFleetStore` about workers. Text compares byte by byte. */
export const WORKER_QUERIES = {
  workers: {
    sql: 'SELECT w.record FROM workers w WHERE w.worker_id IN (SELECT value FROM json_each(:worker_ids))',
  },

  appsOfWorkers: {
    sql: `
      SELECT a.* FROM worker_apps a
      WHERE a.worker_id IN (SELECT value FROM json_each(:worker_ids)) ORDER BY a.app_name`,
    index: 'CREATE INDEX IF NOT EXISTS worker_apps_of_worker ON worker_apps (worker_id)',
  },

  /** Leaps from name to name in the primary key, however many workers have each. */
  appNames: {
    sql: `
      WITH RECURSIVE names (app_name) AS (
        SELECT MIN(app_name) FROM worker_apps
        UNION ALL
        SELECT (SELECT MIN(a.app_name) FROM worker_apps a WHERE a.app_name > names.app_name)
        FROM names WHERE names.app_name IS NOT NULL
      )
      SELECT app_name FROM names WHERE app_name IS NOT NULL`,
  },

  insertWorker: {
    sql: `
      INSERT INTO workers (worker_id, version, last_seen_at, interval_seconds, record)
      VALUES (:worker_id, :version, :last_seen_at, :interval_seconds, :record)
      ON CONFLICT (worker_id) DO NOTHING`,
  },

  updateWorker: {
    sql: `
      UPDATE workers SET version = :version, last_seen_at = :last_seen_at,
        interval_seconds = :interval_seconds, record = :record
      WHERE worker_id = :worker_id AND version = :expected_version`,
  },

  putApp: {
    sql: `
      INSERT INTO worker_apps (worker_id, app_name, epoch, revision, deleted, state, error_step, listed_at,
        converged_at, took_ms, previous, boot, sequence, update_state, image_ids)
      VALUES (:worker_id, :app_name, :epoch, :revision, :deleted, :state, :error_step, :listed_at,
        :converged_at, :took_ms, :previous, :boot, :sequence, :update, :image_ids)
      ON CONFLICT (app_name, worker_id) DO UPDATE
      SET epoch = excluded.epoch, revision = excluded.revision, deleted = excluded.deleted,
        state = excluded.state, error_step = excluded.error_step, listed_at = excluded.listed_at,
        converged_at = excluded.converged_at, took_ms = excluded.took_ms,
        previous = excluded.previous, boot = excluded.boot, sequence = excluded.sequence,
        update_state = excluded.update_state, image_ids = excluded.image_ids`,
  },

  removeApp: { sql: 'DELETE FROM worker_apps WHERE app_name = :app_name AND worker_id = :worker_id' },

  putLabel: {
    sql: 'INSERT INTO worker_labels (name, text, worker_id) VALUES (:name, :text, :worker_id)',
  },

  removeLabels: {
    sql: 'DELETE FROM worker_labels WHERE worker_id = :worker_id',
    index: 'CREATE INDEX IF NOT EXISTS worker_labels_of_worker ON worker_labels (worker_id)',
  },

  forgetWorker: { sql: 'DELETE FROM workers WHERE worker_id = :worker_id AND version = :version' },

  page: {
    sql: `
      SELECT w.record FROM workers w
      WHERE w.worker_id > :after
        AND (:state IS NULL OR :state = CASE WHEN ${OFFLINE} THEN 'offline' ELSE 'online' END)
        AND (:app_name IS NULL
          OR EXISTS (SELECT 1 FROM worker_apps a WHERE a.app_name = :app_name AND a.worker_id = w.worker_id))
        AND (:label_name IS NULL
          OR EXISTS (
            SELECT 1 FROM worker_labels l
            WHERE l.name = :label_name AND l.text = :label_text AND l.worker_id = w.worker_id))
      ORDER BY w.worker_id LIMIT :limit`,
  },
} satisfies Record<string, Query>;
