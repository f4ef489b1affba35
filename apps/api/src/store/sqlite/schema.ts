import { APP_QUERIES } from './app-queries.js';
import { FLEET_QUERIES } from './fleet-queries.js';
import type { Query } from './query.js';
import { TOKEN_QUERIES } from './token-queries.js';
import { WORKER_QUERIES } from './worker-queries.js';

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
  // Reports come again, so those of before aren't carried over.
  `
  DROP TABLE reports;

  CREATE TABLE workers (
    worker_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    interval_seconds INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;

  CREATE TABLE worker_apps (
    app_name TEXT NOT NULL,
    worker_id TEXT NOT NULL REFERENCES workers ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    state TEXT NOT NULL,
    error_step TEXT,
    listed_at INTEGER NOT NULL,
    converged_at INTEGER,
    took_ms INTEGER,
    boot INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (app_name, worker_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE worker_labels (
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    worker_id TEXT NOT NULL REFERENCES workers ON DELETE CASCADE,
    PRIMARY KEY (name, text, worker_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE reports (
    worker_id TEXT NOT NULL,
    app_name TEXT NOT NULL,
    boot INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (worker_id, app_name)
  ) STRICT;
  `,
  'ALTER TABLE worker_apps ADD COLUMN previous TEXT',
  `
  CREATE TABLE purged (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    revision INTEGER NOT NULL
  ) STRICT;
  INSERT INTO purged VALUES (1, 0);
  `,
  `
  CREATE TABLE tokens (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    rights TEXT NOT NULL,
    apps TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT
  ) STRICT;
  `,
  // The order of the columns is that of their size, as those at the end are read only where they are asked for.
  `
  ALTER TABLE apps ADD COLUMN change TEXT;
  ALTER TABLE apps ADD COLUMN changed_by TEXT;
  ALTER TABLE apps ADD COLUMN reason TEXT;

  CREATE TABLE revisions (
    app_name TEXT NOT NULL REFERENCES apps ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    change TEXT,
    changed_by TEXT,
    reason TEXT,
    tokens TEXT NOT NULL,
    spec TEXT,
    PRIMARY KEY (app_name, revision)
  ) STRICT;
  `,
  `
  ALTER TABLE worker_apps ADD COLUMN update_state TEXT;
  ALTER TABLE worker_apps ADD COLUMN image_ids TEXT NOT NULL DEFAULT '[]';
  `,
];

const QUERIES: readonly Query[] = [APP_QUERIES, WORKER_QUERIES, FLEET_QUERIES, TOKEN_QUERIES].flatMap(
  (queries) => Object.values<Query>(queries),
);

/** Made at every start where they are missing. */
export const INDEXES: readonly string[] = QUERIES.flatMap(({ index }) => index ?? []);
