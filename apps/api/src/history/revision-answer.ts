import type { AppSpec } from '@nebula/contracts';
import type { ChangeNote, Revision, RevisionSummary } from '../store/app-store.js';

/** A revision in a list. */
export interface ListedRevision extends ChangeNote {
  revision: number;
  /** ISO 8601. */
  changed_at: string;
  deleted: boolean;
}

/** A revision as the api answers it. */
export interface RevisionAnswer extends ListedRevision {
  /** Null when the revision deleted the app. */
  spec: AppSpec | null;
}

export function listedRevision(summary: RevisionSummary): ListedRevision {
  const { revision, change, changed_by, reason, updated_at, deleted } = summary;
  return { revision, change, changed_by, reason, changed_at: updated_at, deleted };
}

export function revisionAnswer(revision: Revision): RevisionAnswer {
  return { ...listedRevision(revision), spec: revision.spec };
}
