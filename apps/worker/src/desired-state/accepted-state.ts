import { type DesiredStateMessage, expandSpec, expandTokens, type Position } from '@nebula/contracts';
import type { DesiredApp } from '../reconcile/desired.js';

/** A desired state that passed validation. */
export interface AcceptedState extends Position {
  digest: string;
  desired: DesiredApp;
  /**
   * As it arrived. This is what is kept on disk: its digest covers fields that this version may not know, and a
   * later version of the program may.
   */
  message: unknown;
}

export function acceptedState(message: DesiredStateMessage, arrived: unknown): AcceptedState {
  const { app_name, epoch, revision, deleted, digest, spec, tokens } = message;
  const whole = { spec: spec && expandSpec(spec), tokens: expandTokens(tokens) };
  const desired = { app_name, revision, deleted, ...whole };
  return { epoch, revision, digest, desired, message: arrived };
}
