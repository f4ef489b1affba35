import type { AppSpec, Tokens } from '@nebula/contracts';

/** The desired state of one app as the planner sees it: the newest message, validated, with its defaults filled in. */
export interface DesiredApp {
  app_name: string;
  revision: number;
  /** A tombstone: the app has no containers any more. */
  deleted: boolean;
  /** Null on a tombstone. */
  spec: AppSpec | null;
  tokens: Tokens;
}
