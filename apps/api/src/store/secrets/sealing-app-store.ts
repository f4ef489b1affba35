import {
  type AppPage,
  type AppRecord,
  AppStore,
  type Outbox,
  type PublishedMark,
  type Revision,
  type RevisionSummary,
  type Tombstone,
  type VerificationClaim,
} from '../app-store.js';
import type { Keyring } from './keyring.js';
import { opened, sealed } from './seal-record.js';

/**
 * Any store, with the values of secrets sealed in it. Whoever uses it sees them as they are. What the store
 * underneath copies by itself, it copies sealed.
 */
export class SealingAppStore extends AppStore {
  /** @param inner sees sealed values alone */
  constructor(
    readonly inner: AppStore,
    private readonly keyring: Keyring,
  ) {
    super();
  }

  override async get(appName: string): Promise<AppRecord | null> {
    const record = await this.inner.get(appName);
    return record && this.open(record);
  }

  override async list(query: { limit: number; after?: string; prefix?: string }): Promise<AppPage> {
    const { items, next_after } = await this.inner.list(query);
    return { items: items.map((record) => this.open(record)), next_after };
  }

  override async recorded(appNames: readonly string[]): Promise<string[]> {
    return await this.inner.recorded(appNames);
  }

  override async records(query: { limit: number; after?: string }): Promise<AppRecord[]> {
    return (await this.inner.records(query)).map((record) => this.open(record));
  }

  override async changedSince(
    place: { updated_at: string; app_name: string },
    limit: number,
  ): Promise<AppRecord[]> {
    return (await this.inner.changedSince(place, limit)).map((record) => this.open(record));
  }

  override async insert(record: AppRecord): Promise<boolean> {
    return await this.inner.insert(sealed(record, this.keyring));
  }

  override async replace(record: AppRecord, expectedRevision: number): Promise<boolean> {
    return await this.inner.replace(sealed(record, this.keyring), expectedRevision);
  }

  override remembered(appName: string): AppRecord | null {
    const record = this.inner.remembered(appName);
    return record && this.open(record);
  }

  override async replaceRemembered(record: AppRecord, expectedRevision: number): Promise<boolean> {
    return await this.inner.replaceRemembered(sealed(record, this.keyring), expectedRevision);
  }

  override async revisions(
    appName: string,
    query: { limit: number; before?: number },
  ): Promise<RevisionSummary[]> {
    return await this.inner.revisions(appName, query);
  }

  override async revision(appName: string, revision: number): Promise<Revision | null> {
    const found = await this.inner.revision(appName, revision);
    return found && opened(found, this.keyring);
  }

  override async secretNames(appName: string, before: number): Promise<string[]> {
    return await this.inner.secretNames(appName, before);
  }

  override async keepRevision(revision: Revision): Promise<void> {
    await this.inner.keepRevision(sealed(revision, this.keyring));
  }

  override async forgetRevisions(appName: string, keep: number): Promise<void> {
    await this.inner.forgetRevisions(appName, keep);
  }

  override async rewrite(revision: Pick<Revision, 'app_name' | 'revision' | 'spec'>): Promise<boolean> {
    return await this.inner.rewrite(sealed(revision, this.keyring));
  }

  override async behind(region: string, epoch: number, limit: number): Promise<string[]> {
    return await this.inner.behind(region, epoch, limit);
  }

  override async outbox(region: string, epoch: number): Promise<Outbox> {
    return await this.inner.outbox(region, epoch);
  }

  override async currentRevisions(): Promise<Map<string, number>> {
    return await this.inner.currentRevisions();
  }

  override async markPublished(appName: string, region: string, mark: PublishedMark): Promise<void> {
    await this.inner.markPublished(appName, region, mark);
  }

  override async claimVerification(region: string, claim: VerificationClaim): Promise<string[]> {
    return await this.inner.claimVerification(region, claim);
  }

  override async noteVerified(
    region: string,
    appNames: readonly string[],
    verifiedAt: number,
  ): Promise<void> {
    await this.inner.noteVerified(region, appNames, verifiedAt);
  }

  override async clearPublished(appName: string, region: string): Promise<void> {
    await this.inner.clearPublished(appName, region);
  }

  override async oldTombstones(before: string): Promise<Tombstone[]> {
    return await this.inner.oldTombstones(before);
  }

  override async purge(tombstone: Pick<Tombstone, 'app_name' | 'revision'>): Promise<boolean> {
    return await this.inner.purge(tombstone);
  }

  override async highestPurged(): Promise<number> {
    return await this.inner.highestPurged();
  }

  override async raiseHighestPurged(to: number): Promise<void> {
    await this.inner.raiseHighestPurged(to);
  }

  override async epoch(): Promise<number> {
    return await this.inner.epoch();
  }

  override async raiseEpoch(to: number): Promise<void> {
    await this.inner.raiseEpoch(to);
  }

  override async serverTime(): Promise<number | null> {
    return await this.inner.serverTime();
  }

  override async problem(within?: 'check' | 'call'): Promise<string | null> {
    return await this.inner.problem(within);
  }

  override async close(): Promise<void> {
    await this.inner.close();
  }

  private open(record: AppRecord): AppRecord {
    return opened(record, this.keyring);
  }
}
