import { kindOf, type ParseResult, shortened } from '../parsing/problem.js';
import { parse } from '../parsing/parse.js';
import { WorkerHeartbeat } from './heartbeat.js';
import { WorkerReport } from './report.js';

/** What workers send to the api. `kind` tells the two apart. */
export type WorkerMessage = WorkerReport | WorkerHeartbeat;

/** A report as it arrived; fields that a newer worker added are left out. */
export function parseReport(input: unknown): ParseResult<WorkerReport> {
  return parse(WorkerReport, input, { unknownFields: 'ignore' });
}

/** A report or a heartbeat as it arrived; fields that a newer worker added are left out. */
export function parseWorkerMessage(input: unknown): ParseResult<WorkerMessage> {
  const kind = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined;
  if (kind === undefined || kind === 'report') return parseReport(input);
  if (kind === 'heartbeat') return parse(WorkerHeartbeat, input, { unknownFields: 'ignore' });
  const found = typeof kind === 'string' ? '' : `, not ${kindOf(kind)}`;
  const problem = { pointer: '/kind', message: `must be "report" or "heartbeat"${found}` };
  // Nothing has bounded the depth of this input yet, so only what has none is shown.
  const isNested = typeof kind === 'object' && kind !== null;
  return { ok: false, problems: [isNested ? problem : { ...problem, value: shortened(kind) }] };
}

/** Of messages with the same key the newest alone counts, so a transport may drop the others. */
export function workerMessageKey(message: WorkerMessage): string {
  return JSON.stringify(
    message.kind === 'report' ? [message.worker_id, message.app_name] : [message.worker_id],
  );
}
