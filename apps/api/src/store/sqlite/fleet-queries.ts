import type { Query } from './query.js';
import { OFFLINE } from './worker-queries.js';

/** The app `a` on its worker `w`, seen from the desired position. */
const STATE = `
  CASE
    WHEN ${OFFLINE} THEN 'offline'
    WHEN a.epoch <> :epoch OR a.revision <> :revision THEN 'converging'
    ELSE a.state
  END`;

/** Workers on which nothing of a deleted app is left don't count. */
const COUNTS = `a.app_name = :app_name AND NOT (:deleted AND a.deleted AND a.state = 'converged')`;

const ROW = `
  a.*, w.record, ${STATE} AS fleet_state
  FROM worker_apps a
  JOIN workers w ON w.worker_id = a.worker_id`;

/** Of a tombstone nobody is told who has converged, since they don't count. */
const TIMED = `
  a.app_name = :app_name AND a.epoch = :epoch AND a.revision = :revision AND a.took_ms IS NOT NULL
  AND NOT :deleted`;

/** `except` is JSON: a list of `[epoch, revision]`. */
const ASKED = `
  (:state IS NULL OR ${STATE} = :state)
  AND NOT (
    a.state = 'converged'
    AND json_array(a.epoch, a.revision) IN (SELECT value FROM json_each(:except)))`;

/** The statements of `SqliteFleetStore` about the workers of an app, and about reports. */
export const FLEET_QUERIES = {
  /** The primary key finds an app's workers. */
  count: {
    sql: `
      SELECT ${OFFLINE} AS offline, a.epoch, a.revision, a.state, a.update_state, a.image_ids,
        COUNT(*) AS workers
      FROM worker_apps a JOIN workers w ON w.worker_id = a.worker_id
      WHERE ${COUNTS} GROUP BY offline, a.epoch, a.revision, a.state, a.update_state, a.image_ids`,
  },

  countWorkers: { sql: `SELECT ${OFFLINE} AS offline, COUNT(*) AS workers FROM workers w GROUP BY offline` },

  countPlaces: {
    sql: `
      SELECT a.app_name, a.epoch, a.revision, a.deleted, a.state, ${OFFLINE} AS offline, COUNT(*) AS workers
      FROM worker_apps a JOIN workers w ON w.worker_id = a.worker_id
      GROUP BY a.app_name, a.epoch, a.revision, a.deleted, a.state, offline`,
  },

  countTimed: {
    sql: `SELECT COUNT(*) AS timed FROM worker_apps a WHERE ${TIMED}`,
    index: `
      CREATE INDEX IF NOT EXISTS worker_apps_took
      ON worker_apps (app_name, epoch, revision, took_ms)`,
  },

  nthTime: {
    sql: `SELECT a.took_ms FROM worker_apps a WHERE ${TIMED} ORDER BY a.took_ms LIMIT 1 OFFSET :n`,
  },

  pageByWorker: {
    sql: `
      SELECT ${ROW}
      WHERE ${COUNTS} AND a.worker_id > :after AND ${ASKED}
      ORDER BY a.worker_id LIMIT :limit`,
  },

  pageBySlowest: {
    sql: `
      SELECT ${ROW}
      WHERE ${TIMED} AND ${ASKED}
        AND (a.took_ms < :after_took_ms OR (a.took_ms = :after_took_ms AND a.worker_id > :after))
      ORDER BY a.took_ms DESC, a.worker_id LIMIT :limit`,
  },

  saveReport: {
    sql: `
      INSERT INTO reports (worker_id, app_name, boot, sequence, received_at, report)
      VALUES (:worker_id, :app_name, :boot, :sequence, :received_at, :report)
      ON CONFLICT (worker_id, app_name) DO UPDATE
      SET boot = excluded.boot, sequence = excluded.sequence, received_at = excluded.received_at,
        report = excluded.report
      WHERE (boot, sequence) < (excluded.boot, excluded.sequence)`,
  },

  removeUnlisted: {
    sql: `
      DELETE FROM reports
      WHERE worker_id = :worker_id AND (boot, sequence) < (:boot, :heartbeat)
        AND app_name NOT IN (SELECT value FROM json_each(:app_names))`,
  },

  forgetReports: { sql: 'DELETE FROM reports WHERE worker_id = :worker_id' },

  reportsOfApp: {
    sql: `
      SELECT worker_id, report, boot, received_at FROM reports
      WHERE app_name = :app_name AND worker_id IN (SELECT value FROM json_each(:worker_ids))`,
  },

  reportsOf: {
    sql: 'SELECT report, boot, received_at FROM reports WHERE worker_id = :worker_id ORDER BY app_name',
  },
} satisfies Record<string, Query>;
