import { randomUUID } from 'node:crypto';
import type { Model } from 'mongoose';
import type { VerificationClaim } from '../app-store.js';
import type { AppDocument } from './app-document.js';
import { claimField, REGION_QUERIES, verifiedField } from './app-queries.js';

type Run = <T>(work: () => Promise<T>) => Promise<T>;
type Named = Pick<AppDocument, '_id'>;

/**
 * Claims apps as `AppStore.claimVerification` has it.
 * @param run does what needs the database
 */
export async function claimVerification(
  apps: Model<AppDocument>,
  run: Run,
  region: string,
  claim: VerificationClaim,
): Promise<string[]> {
  const all: string[] = [];
  // Another instance may have been faster with some, and then there may be more that are due.
  for (let raced = true; raced && all.length < claim.limit; ) {
    const rest = { ...claim, limit: claim.limit - all.length };
    const { candidates, claimed } = await claimOnce(apps, run, region, rest);
    all.push(...claimed);
    raced = claimed.length < candidates;
  }
  return all;
}

/** Each document is claimed by itself, and remembers by whom. */
async function claimOnce(
  apps: Model<AppDocument>,
  run: Run,
  region: string,
  claim: VerificationClaim,
): Promise<{ candidates: number; claimed: string[] }> {
  const { until, limit, except = [] } = claim;
  const due = REGION_QUERIES.claimVerification.filter(region, claim);
  const others = except.length === 0 ? {} : { _id: { $nin: [...except] } };
  const candidates = await run(() =>
    apps
      .find({ ...due, ...others }, { _id: 1 })
      .sort({ [verifiedField(region)]: 1 })
      .limit(limit)
      .lean<Named[]>(),
  );
  if (candidates.length === 0) return { candidates: 0, claimed: [] };
  const claimant = randomUUID();
  const names = { _id: { $in: candidates.map(({ _id }) => _id) } };
  const claiming = { $set: { [verifiedField(region)]: -until, [claimField(region)]: claimant } };
  const { matchedCount } = await run(() => apps.updateMany({ ...names, ...due }, claiming));
  if (matchedCount === 0) return { candidates: candidates.length, claimed: [] };
  const claimed = await run(() =>
    apps.find({ ...names, [claimField(region)]: claimant }, { _id: 1 }).lean<Named[]>(),
  );
  return { candidates: candidates.length, claimed: claimed.map(({ _id }) => _id) };
}
