/** What is looked at, in this order. */
export const CHECK_NAMES = [
  'database',
  'broker',
  'rights',
  'streams',
  'secrets',
  'clocks',
  'workers',
  'apps',
  'orphans',
  'versions',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

/** Something that is not as it should be. */
export interface Finding {
  /** A region, an app, a worker or a version; null when it is about all of it. */
  about: string | null;
  /** What is wrong, a sentence. */
  problem: string;
  /** What to do about it. */
  remedy: string;
}

export interface CheckOutcome {
  name: CheckName;
  /** What was looked at, in a few words. */
  summary: string;
  /** Empty when all is well. */
  findings: Finding[];
}

export interface Diagnosis {
  version: string;
  /** ISO 8601, by the clock of the api. */
  checked_at: string;
  checks: CheckOutcome[];
}

/** One thing to look at. It may take its time: whoever runs it has a limit. */
export type Check = () => Promise<Omit<CheckOutcome, 'name'>>;
