import {
  type DesiredStateMessage,
  messageContents,
  parseDesiredState,
  UnknownFieldsError,
} from '@nebula/contracts';
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

/**
 * Whether a worker of this version takes a message of a record that a newer version may have written. It takes a third of
 * a millisecond or more, so a spec that this instance has just checked as a request is sent without it.
 * @throws {UnknownFieldsError} when it would refuse it
 */
export function requireReadable(message: DesiredStateMessage): void {
  const parsed = parseDesiredState(message);
  if (parsed.ok) return;
  // No value is told: it may be a secret.
  const fields = parsed.problems.map(({ pointer }) =>
    pointer.replace(/^\/(spec\/)?/, '').replaceAll('/', '.'),
  );
  throw new UnknownFieldsError(fields);
}
