import {
  compactSpec,
  compactTokens,
  DESIRED_STATE_MIN_READER,
  DESIRED_STATE_SCHEMA,
  type DesiredStateMessage,
  desiredStateDigest,
} from '@nebula/contracts';
import type { AppRecord } from '../store/app-store.js';

/** The message of a record. The same record and epoch always make the same one. */
export function desiredStateMessage(record: AppRecord, epoch: number): DesiredStateMessage {
  const { app_name, revision, deleted, updated_at, tokens, spec } = record;
  return {
    schema: DESIRED_STATE_SCHEMA,
    min_reader: DESIRED_STATE_MIN_READER,
    ...{ app_name, epoch, revision, deleted },
    tokens: compactTokens(tokens),
    digest: desiredStateDigest(spec, tokens),
    issued_at: updated_at,
    spec: spec && compactSpec(spec),
  };
}
