import { type DesiredStateMessage, messageContents } from '@nebula/contracts';
import type { AppRecord } from '../store/app-store.js';
import { requireSecrets } from '../store/secrets/seal-record.js';

/**
 * The message of a record, with the values of its secrets. The same record and epoch always make the same one.
 * @throws {SecretsUnreadableError} rather than send a mask for a value
 * @throws {UnknownFieldsError} rather than send what only a newer version knows the meaning of
 */
export function desiredStateMessage(record: AppRecord, epoch: number): DesiredStateMessage {
  requireSecrets(record);
  const { app_name, revision, updated_at, tokens, spec } = record;
  return { app_name, epoch, revision, issued_at: updated_at, ...messageContents(spec, tokens) };
}
