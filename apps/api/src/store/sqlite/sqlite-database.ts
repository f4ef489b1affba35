import { DatabaseSync, type StatementSyncInstance } from '@photostructure/sqlite';
import { existsSync } from 'node:fs';
import { StoreUnavailableError } from '../app-store.js';
import { OutageLog, type StoreLog } from '../outage-log.js';
import { DatabaseFile } from './database-file.js';
import type { Query } from './query.js';
import { type Connection, knownVersion, migrate, requireNewest } from './schema-version.js';
import { storeError } from './sqlite-errors.js';
import { TurnNote } from './turn-note.js';

/** Longest wait for a lock of another process, milliseconds. Nothing else runs meanwhile. */
const BUSY_TIMEOUT_MS = 2_000;

/** A number that changes with each commit of another connection, whichever process it is of (SQLite, "PRAGMA data_version"). */
const COMMITS_OF_OTHERS: Query = { sql: 'PRAGMA data_version' };

const SILENT: StoreLog = { info: () => undefined, warn: () => undefined };

export type Parameters = Record<string, string | number | null>;

/**
 * What a change must survive: the loss of power, or only the end of this process, which costs no flush to the
 * disk and is enough for what can be found out again.
 */
export type Durability = 'power-loss' | 'process-end';

/**
 * One connection to a database file. Every statement is a transaction of its own. All calls throw
 * `StoreUnavailableError` when the file can't be used.
 */
export class SqliteDatabase {
  private readonly statements = new Map<string, StatementSyncInstance>();
  private currentGeneration = 0;
  private commitsOfOthers: number | undefined;
  /** That the generation was asked for and nothing done with the file since. */
  private readonly justAsked = new TurnNote();
  private readonly outage: OutageLog;
  /** Whether the last change failed. Reading goes on then on a full disk, or while another process has the lock. */
  private refusesChanges = false;

  private constructor(
    private readonly file: DatabaseFile,
    private readonly connection: Connection,
    log: StoreLog,
  ) {
    this.outage = new OutageLog(log);
  }

  /**
   * Opens a file, makes it where it is missing, and brings its schema to this version.
   * @param log is told when the file can't be used any more, and when it can again
   * @throws {StoreUnavailableError} when that can't be done
   * @throws {IncompatibleStoreError} when a newer version, or another program, has written the file
   */
  static open(path: string, log: StoreLog = SILENT): SqliteDatabase {
    if (existsSync(path)) lookInto(path, knownVersion);
    return SqliteDatabase.opened(DatabaseFile.prepare(path), log, prepareConnection);
  }

  /**
   * Opens a file that is there as it is: neither its schema nor its rights are changed. What is in it may be.
   * @throws {StoreUnavailableError} when it isn't there, or can't be used
   * @throws {IncompatibleStoreError} when another version than this one, or another program, has written the file
   */
  static openAsItIs(path: string, log: StoreLog = SILENT): SqliteDatabase {
    if (!existsSync(path)) throw new StoreUnavailableError(`there is no ${path}`);
    lookInto(path, requireNewest);
    return SqliteDatabase.opened(DatabaseFile.asItIs(path), log, requireNewest);
  }

  private static opened(
    file: DatabaseFile,
    log: StoreLog,
    prepare: (connection: Connection, path: string) => void,
  ): SqliteDatabase {
    return guarded(file.path, () => {
      const connection = connectionTo(file.path);
      try {
        connection.exec('PRAGMA synchronous = FULL');
        prepare(connection, file.path);
      } catch (error) {
        connection.close();
        throw error;
      }
      return new SqliteDatabase(file, connection, log);
    });
  }

  /**
   * A number that is another one when anything in the file has changed since the last call, through this connection or any
   * other. What was read after one call is what would be read after the next one that answers the same. It costs a third
   * of what reading a row does.
   */
  generation(): number {
    const [row] = this.read<{ data_version: number }>(COMMITS_OF_OTHERS);
    if (row?.data_version !== this.commitsOfOthers) {
      this.commitsOfOthers = row?.data_version;
      this.currentGeneration += 1;
    }
    return this.currentGeneration;
  }

  /** As `generation`, for the first of two questions of one request: the next one in this turn may take its answer. */
  generationToShare(): number {
    const generation = this.generation();
    this.justAsked.set();
    return generation;
  }

  /**
   * What `generationToShare` has answered in this turn of the event loop, once, and only when the file was neither read nor
   * changed since; else it asks. Asking takes locks on the file, which is most of what reading a known record costs.
   */
  sharedGeneration(): number {
    return this.justAsked.take() ? this.currentGeneration : this.generation();
  }

  /** The rows that a query finds, as the caller says they look. */
  read<Row>({ sql }: Query, parameters: Parameters = {}): Row[] {
    this.justAsked.drop();
    return this.told(() => guarded(this.file.path, () => this.statement(sql).all(parameters) as Row[]));
  }

  /**
   * The first row that a query finds; undefined when it finds none. By `all`, since the driver's own `get` was found to
   * make an api several times slower.
   */
  readOne<Row>({ sql }: Query, parameters: Parameters): Row | undefined {
    return this.read<Row>({ sql }, parameters)[0];
  }

  /** Makes a change. Answers how many rows it changed. */
  change({ sql }: Query, parameters: Parameters, durability: Durability): number {
    return this.told(
      () => this.guardedChange(durability, () => this.statement(sql).run(parameters).changes),
      (changes) => changes > 0,
    );
  }

  /** Makes a change. Answers the rows of its RETURNING clause. */
  changeReturning<Row>({ sql }: Query, parameters: Parameters, durability: Durability): Row[] {
    return this.told(
      () => this.guardedChange(durability, () => this.statement(sql).all(parameters) as Row[]),
      ({ length }) => length > 0,
    );
  }

  /** Makes the changes of `work` together or none of them; it can't wait for anything. */
  together<T>(
    durability: Durability,
    work: (change: (query: Query, parameters: Parameters) => number) => T,
  ): T {
    let changes = 0;
    const counting: typeof work = (change) =>
      work((query, parameters) => {
        const changed = change(query, parameters);
        changes += changed;
        return changed;
      });
    return this.told(
      () => this.guardedChange(durability, () => this.transaction(counting)),
      () => changes > 0,
    );
  }

  /** Null when the file can be read and written, else what is missing. Waits for no lock. */
  problem(): string | null {
    try {
      this.guardedChange('process-end', () => {
        this.connection.exec('PRAGMA busy_timeout = 0');
        try {
          this.connection.exec('BEGIN IMMEDIATE; ROLLBACK');
        } finally {
          this.connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
        }
      });
      return null;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return error.message;
      throw error;
    }
  }

  /** Ends the connection and leaves everything in the one file; a second call does nothing. */
  close(): void {
    if (!this.connection.isOpen) return;
    this.statements.clear();
    try {
      // The driver can't finalize statements, and until they are collected SQLite keeps the log beside the file.
      // Where another connection is in the way, that one has the log and this isn't needed.
      this.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.connection.close();
    }
  }

  private transaction<T>(work: (change: (query: Query, parameters: Parameters) => number) => T): T {
    this.connection.exec('BEGIN IMMEDIATE');
    try {
      const result = work(({ sql }, parameters) => this.statement(sql).run(parameters).changes);
      this.connection.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk can have ended the transaction already.
      if (this.connection.isTransaction) this.connection.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Does what somebody waits for. `problem` isn't that: a lock that it meets is nothing to tell, others wait for it.
   * @param hasChanged of a change: whether anything is another now. Where changes were refused, only such a one shows that
   * they are no more.
   */
  private told<T>(work: () => T, hasChanged?: (result: T) => boolean): T {
    try {
      const result = work();
      if (hasChanged?.(result)) this.refusesChanges = false;
      if (!this.refusesChanges) this.outage.succeeded();
      return result;
    } catch (error) {
      if (error instanceof StoreUnavailableError && this.connection.isOpen) {
        this.refusesChanges ||= hasChanged !== undefined;
        this.outage.failed(error.message);
      }
      throw error;
    }
  }

  private guardedChange<T>(durability: Durability, work: () => T): T {
    this.justAsked.drop();
    const problem = this.file.problem();
    if (problem !== null) throw new StoreUnavailableError(problem);
    return guarded(this.file.path, () => {
      if (durability === 'process-end') this.connection.exec('PRAGMA synchronous = NORMAL');
      try {
        return work();
      } finally {
        this.currentGeneration += 1;
        if (durability === 'process-end') this.connection.exec('PRAGMA synchronous = FULL');
      }
    });
  }

  private statement(sql: string): StatementSyncInstance {
    const known = this.statements.get(sql);
    if (known) return known;
    const prepared = this.connection.prepare(sql);
    this.statements.set(sql, prepared);
    return prepared;
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(path, error);
  }
}

function connectionTo(path: string, readOnly = false): Connection {
  return new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, readOnly });
}

/**
 * Looks whether a file can be used, before its rights or anything else of it is changed.
 * @throws what `look` throws
 */
function lookInto(path: string, look: (connection: Connection, path: string) => unknown): void {
  guarded(path, () => {
    // The last connection that may write brings a log into the file as it ends, and one that may not leaves an empty log.
    const connection = connectionTo(path, existsSync(`${path}-wal`));
    try {
      look(connection, path);
    } finally {
      connection.close();
    }
  });
}

function prepareConnection(connection: Connection, path: string): void {
  const { journal_mode } = connection.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string };
  if (journal_mode !== 'wal') {
    throw new StoreUnavailableError(`${path} is on a file system that can't hold a write-ahead log`);
  }
  migrate(connection, path);
}
