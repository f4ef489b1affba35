import { type DesiredStateMessage, messageContents } from '@nebula/contracts';
import type { AppRecord } from '../store/app-store.js';

/** The message of a record. The same record and epoch always make the same one. */
export function desiredStateMessage(record: AppRecord, epoch: number): DesiredStateMessage {
  const { app_name, revision, updated_at, tokens, spec } = record;
  return { app_name, epoch, revision, issued_at: updated_at, ...messageContents(spec, tokens) };
}
