import type { AppSpec } from '@nebula/contracts';
import type { DesiredStateFeed } from '@nebula/messaging';
import { type LoggerService, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ApiLog } from '../../api-log.js';
import { searchForSecrets } from '../../../../../tools/test/known-secrets.mjs';
import { API_OPTIONS } from '../../api-options.js';
import { Clock } from '../../clock.js';
import { ApiMetrics } from '../../metrics/api-metrics.js';
import type { VerificationOutcome } from '../../metrics/publishing-metrics.js';
import { type AppRecord, AppStore } from '../../store/app-store.js';
import type { SecretKey } from '../../store/secrets/secret-key.js';
import { StoreModule } from '../../store/store.module.js';
import { testKey } from '../../store/testing/keys.js';
import { recordOf, specOf } from '../../store/testing/records.js';
import { Publisher } from '../publisher.js';
import { PublishingModule } from '../publishing.module.js';

/** A clock that a test can put forward; chance always says what it is told. */
export class SteppedClock extends Clock {
  /** So much more time has passed, milliseconds. */
  offset = 0;
  chance = 1;

  /** @param wrong by so much the wall clock alone is ahead, milliseconds */
  constructor(public wrong: number) {
    super();
  }

  override now(): number {
    return Date.now() + this.offset + this.wrong;
  }

  override elapsed(): number {
    return performance.now() + this.offset;
  }

  override random(): number {
    return this.chance;
  }
}

export interface PublishingSettings {
  feeds: DesiredStateFeed[];
  secret_keys?: readonly SecretKey[];
  /** A day when absent, so that nothing but the start verifies. */
  verify_interval_seconds?: number;
  tombstone_retention_days?: number;
  /** Milliseconds. */
  sweep?: number;
  feed_call?: number;
  first_backoff?: number;
  longest_backoff?: number;
  /** Milliseconds: by so much its clock is ahead. */
  wrong_clock?: number;
}

/** The outbox of one instance of the api, over a real store. */
export class PublishingUnderTest {
  private constructor(
    private readonly module: TestingModule,
    readonly clock: SteppedClock,
    /** What was logged, oldest first. */
    readonly lines: readonly string[],
  ) {}

  static async start(path: string, settings: PublishingSettings): Promise<PublishingUnderTest> {
    const lines: string[] = [];
    const note = (...parts: unknown[]) => {
      lines.push(parts.map((part) => JSON.stringify(part)).join(' '));
      searchForSecrets(lines.at(-1) ?? '', 'the log of a publisher');
    };
    const logger: LoggerService = { log: note, warn: note, error: note };
    const clock = new SteppedClock(settings.wrong_clock ?? 0);
    const { feeds, verify_interval_seconds = 86_400, tombstone_retention_days = 90 } = settings;
    const { sweep = 20, feed_call = 2_000, secret_keys = [testKey('test')] } = settings;
    const { first_backoff = 2, longest_backoff = 20 } = settings;
    const timing = { sweep, feed_call, creation: 500, ending: 100, first_backoff, longest_backoff };

    @Module({
      providers: [
        { provide: API_OPTIONS, useValue: { logger } },
        { provide: Clock, useValue: clock },
        ApiLog,
        ApiMetrics,
      ],
      exports: [Clock, ApiLog, ApiMetrics],
    })
    class Surroundings {}

    const module = await Test.createTestingModule({
      imports: [
        { module: Surroundings, global: true },
        StoreModule.forRoot({ kind: 'sqlite', path }, secret_keys),
        PublishingModule.forRoot({ feeds, verify_interval_seconds, tombstone_retention_days, timing }),
      ],
    }).compile();
    module.useLogger(false);
    await module.init();
    return new PublishingUnderTest(module, clock, lines);
  }

  get store(): AppStore {
    return this.module.get(AppStore);
  }

  get publisher(): Publisher {
    return this.module.get(Publisher);
  }

  /** How many comparisons of apps came to this, as the metrics say. */
  async compared(outcome: VerificationOutcome): Promise<number> {
    const counter = this.module.get(ApiMetrics).registry.getSingleMetric('nebula_verifications_total');
    const { values } = (await counter?.get()) ?? { values: [] };
    return values.find(({ labels }) => labels['outcome'] === outcome)?.value ?? 0;
  }

  /** Writes as the api does: the database first, and the publisher is told. */
  async write(appName: string, changes: Partial<AppSpec> = {}): Promise<AppRecord> {
    const record = await this.writeOnly(appName, changes);
    this.publisher.nudge(record);
    return record;
  }

  /** Tells the publisher of what is in the database, as if it had just been written. */
  async nudge(appName: string): Promise<void> {
    const record = await this.store.get(appName);
    if (!record) throw new Error(`${appName} is not there`);
    this.publisher.nudge(record);
  }

  /** Writes, and is ended before it can tell the publisher. */
  async writeOnly(appName: string, changes: Partial<AppSpec> = {}): Promise<AppRecord> {
    const before = await this.store.get(appName);
    const spec = { ...(before?.spec ?? specOf(appName)), ...changes };
    if (before) return await this.replace({ ...before, spec, deleted: false });
    const record = recordOf(appName, { spec, revision: await this.publisher.prepareCreation(appName) });
    if (!(await this.store.insert(record))) throw new Error(`${appName} is there already`);
    return record;
  }

  async remove(appName: string, updated_at = new Date(this.clock.now()).toISOString()): Promise<AppRecord> {
    const before = await this.store.get(appName);
    if (!before) throw new Error(`${appName} is not there`);
    const record = await this.replace({ ...before, spec: null, deleted: true, updated_at });
    this.publisher.nudge(record);
    return record;
  }

  async stop(): Promise<void> {
    await this.module.close();
  }

  private async replace(record: AppRecord): Promise<AppRecord> {
    const next = { ...record, revision: record.revision + 1 };
    if (!(await this.store.replace(next, record.revision))) throw new Error('changed by another');
    return next;
  }
}
