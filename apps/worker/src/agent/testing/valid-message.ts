import { parseWorkerMessage, type WorkerMessage } from '@nebula/contracts';

/** A report or heartbeat as it arrives at the api. Throws when the contract would refuse it there. */
export function validMessage(message: WorkerMessage): WorkerMessage {
  const parsed = parseWorkerMessage(JSON.parse(JSON.stringify(message)));
  if (!parsed.ok) throw new Error(`The message is invalid: ${JSON.stringify(parsed.problems)}`);
  return parsed.value;
}
