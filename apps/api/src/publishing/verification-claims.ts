import type { AppStore } from '../store/app-store.js';

/** What this instance has claimed for verification in one region, until the store knows that it was compared. */
export class VerificationClaims {
  private readonly claimed = new Set<string>();
  /** Claimed apps that are compared, and since when the comparison was; to be noted in the store. */
  private readonly verified = new Map<string, number>();

  constructor(
    private readonly region: string,
    private readonly store: Pick<AppStore, 'noteVerified'>,
  ) {}

  /** What is claimed and not compared yet. */
  get open(): readonly string[] {
    return [...this.claimed];
  }

  /** This instance has claimed an app. */
  claim(appName: string): void {
    this.claimed.add(appName);
  }

  /**
   * An app was compared. Of one that is not claimed nothing is to be noted.
   * @param began when that began, milliseconds since 1970
   */
  compared(appName: string, began: number): void {
    if (this.claimed.delete(appName)) this.verified.set(appName, began);
  }

  /**
   * Notes in the store what was compared since the last call, in one step and with the earliest time of all.
   * @throws {StoreUnavailableError} when the store is away; it is noted by the next call then
   */
  async note(): Promise<void> {
    const noted = [...this.verified];
    if (noted.length === 0) return;
    const names = noted.map(([appName]) => appName);
    const earliest = Math.min(...this.verified.values());
    await this.store.noteVerified(this.region, names, earliest);
    for (const [appName, at] of noted) if (this.verified.get(appName) === at) this.verified.delete(appName);
  }
}
