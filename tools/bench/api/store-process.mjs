/**
 * The bare store operations on a database file of the same kind, and what one durable commit costs in SQLite.
 */
import { DatabaseSync } from '@photostructure/sqlite';
import { AppStore, createApi } from '@nebula/api';
import { NO_TOKENS, parseAppSpec } from '@nebula/contracts';
import { loadedSpec, patchOf } from './loaded-app.mjs';
import { repeatFor } from './load.mjs';
import { answerQuestions, input, tell } from './question.mjs';
import { quietLogger } from './quiet-logger.mjs';

/** @import { AppRecord } from '@nebula/api' */

/** @typedef {{ operation: 'get' | 'replace' | 'commit', seconds: number }} StoreQuestion */

const NAME = 'bench-store';

/** @type {{ database: string, plain: string }} */
const { database, plain } = input();
const api = await createApi({
  store: { kind: 'sqlite', path: database },
  feeds: [],
  logger: quietLogger(),
  verify_interval_seconds: 300,
  tombstone_retention_days: 90,
  version: 'bench',
});
const store = api.get(AppStore);
/** As it is in the store. */
let newest = firstRecord();
await store.insert(newest);
const update = plainUpdate();

answerQuestions((/** @type {StoreQuestion} */ { operation, seconds }) => {
  switch (operation) {
    case 'get':
      return repeatFor(get, seconds);
    case 'replace':
      return repeatFor(replace, seconds);
    case 'commit':
      return repeatFor(update, seconds);
  }
});
tell('ready');

async function get() {
  if (!(await store.get(NAME))) throw new Error('the record is gone');
}

/**
 * The conditional update alone: what is changed is in hand already.
 * @param {number} count
 */
async function replace(count) {
  const { spec, revision } = newest;
  if (!spec) throw new Error('the record is a tombstone');
  const changed = { ...spec, env_vars: { ...spec.env_vars, ...patchOf(count).env_vars } };
  const next = { ...newest, spec: changed, revision: revision + 1 };
  if (!(await store.replace(next, revision))) throw new Error('the record was changed by another');
  newest = next;
}

/** @returns {AppRecord} */
function firstRecord() {
  const parsed = parseAppSpec(loadedSpec(NAME));
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join());
  const now = new Date().toISOString();
  return {
    app_name: NAME,
    spec: parsed.value,
    revision: 1,
    tokens: NO_TOKENS,
    deleted: false,
    created_at: now,
    updated_at: now,
    change: 'created',
    changed_by: 'bench',
    reason: null,
    published: {},
  };
}

/** One row, changed and on the disk when the call returns. */
function plainUpdate() {
  const file = new DatabaseSync(plain);
  file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  file.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO t VALUES (1, NULL);');
  // A connection that nobody refers to is collected, with the statements that are still used.
  process.on('exit', () => file.close());
  const statement = file.prepare('UPDATE t SET body = ? WHERE id = 1');
  /** @param {number} count */
  return (count) => {
    statement.run(JSON.stringify({ ...loadedSpec(NAME), ...patchOf(count) }));
  };
}
