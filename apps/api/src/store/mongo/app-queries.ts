import type { QueryFilter } from 'mongoose';
import type { VerificationClaim } from '../app-store.js';
import type { AppDocument } from './app-document.js';
import { toFieldName } from './field-name.js';
import type { IndexKeys } from './index-keeper.js';

/** Above every name with the same beginning. */
const HIGHEST_CHARACTER = '\u{10FFFF}';

/** What the queries of `MongoAppStore` ask for, each beside the index that it would read every app without. */
export const APP_QUERIES = {
  /** A prefix is a range, so that no character of it has a meaning. Names compare by their bytes. */
  list: {
    filter: (after: string, prefix: string): QueryFilter<AppDocument> => ({
      deleted: false,
      _id: { $gt: after, $gte: prefix, $lt: prefix + HIGHEST_CHARACTER },
    }),
    index: { deleted: 1, _id: 1 },
  },

  changedSince: {
    filter: (updated_at: string, appName: string): QueryFilter<AppDocument> => ({
      updated_at: { $gte: updated_at },
      $or: [{ updated_at: { $gt: updated_at } }, { _id: { $gt: appName } }],
    }),
    index: { updated_at: 1, _id: 1 },
  },

  oldTombstones: {
    filter: (before: string): QueryFilter<AppDocument> => ({ deleted: true, updated_at: { $lt: before } }),
    index: { deleted: 1, updated_at: 1 },
  },
} satisfies Record<string, { filter: unknown; index: IndexKeys }>;

/**
 * What is asked about a region. The indexes are made when it is first asked about; a collection can have 64, so
 * beyond about 30 regions the rest read every app.
 */
export const REGION_QUERIES = {
  /** Finds what has another epoch or none, by the index alone, and reads nothing of what is up to date. */
  behind: {
    filter: (region: string, epoch: number): QueryFilter<AppDocument> => ({
      [currentField(region)]: { $ne: epoch },
    }),
    index: (region: string): IndexKeys => ({ [currentField(region)]: 1, _id: 1 }),
  },

  /** What somebody has claimed in vain first, then the longest unverified, so that a limit leaves none waiting for good. */
  claimVerification: {
    filter: (region: string, { after, before }: VerificationClaim): QueryFilter<AppDocument> => ({
      [verifiedField(region)]: { $gt: after, $lt: before },
    }),
    index: (region: string): IndexKeys => ({ [verifiedField(region)]: 1 }),
  },
};

export function currentField(region: string): string {
  return `current.${toFieldName(region)}`;
}

export function markField(region: string): string {
  return `published.${toFieldName(region)}`;
}

export function verifiedField(region: string): string {
  return `${markField(region)}.verified_at`;
}

export function claimField(region: string): string {
  return `${markField(region)}.claim`;
}
