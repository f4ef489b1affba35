import { APP_QUERIES } from './app-queries.js';
import type { Query } from './query.js';
import { REPORT_QUERIES } from './report-queries.js';

/**
 * Steps from one schema version to the next, the first from an empty file. A step that was released is never
 * changed; `user_version` counts those that a file has seen.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE apps (
    app_name TEXT PRIMARY KEY,
    spec TEXT,
    revision INTEGER NOT NULL,
    tokens TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE published (
    app_name TEXT NOT NULL REFERENCES apps ON DELETE CASCADE,
    region TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    verified_at INTEGER NOT NULL,
    PRIMARY KEY (app_name, region)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE epoch (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    value INTEGER NOT NULL
  ) STRICT;
  INSERT INTO epoch VALUES (1, 1);

  CREATE TABLE reports (
    app_name TEXT NOT NULL,
    worker_id TEXT NOT NULL,
    boot_nonce TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (app_name, worker_id)
  ) STRICT;
  `,
];

const QUERIES: readonly Query[] = [...Object.values(APP_QUERIES), ...Object.values(REPORT_QUERIES)];

/** Made at every start where they are missing. */
export const INDEXES: readonly string[] = QUERIES.flatMap(({ index }) => index ?? []);
