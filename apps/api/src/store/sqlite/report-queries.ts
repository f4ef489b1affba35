import type { Query } from './query.js';

/** The statements of `SqliteReportStore`. The primary key serves them all. */
export const REPORT_QUERIES = {
  save: {
    sql: `
      INSERT INTO reports (app_name, worker_id, boot_nonce, sequence, received_at, report)
      VALUES (:app_name, :worker_id, :boot_nonce, :sequence, :received_at, :report)
      ON CONFLICT (app_name, worker_id) DO UPDATE
      SET boot_nonce = excluded.boot_nonce, sequence = excluded.sequence,
        received_at = excluded.received_at, report = excluded.report
      WHERE boot_nonce <> excluded.boot_nonce OR sequence < excluded.sequence`,
  },

  forApp: {
    sql: `
      SELECT report, received_at FROM reports
      WHERE app_name = :app_name AND worker_id > :after ORDER BY worker_id LIMIT :limit`,
  },

  remove: { sql: 'DELETE FROM reports WHERE app_name = :app_name AND worker_id = :worker_id' },
} satisfies Record<string, Query>;
