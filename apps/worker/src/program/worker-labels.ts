import { shownValue } from '@nebula/configuration';
import { parseLabels } from '@nebula/contracts';

/** What is wrong with labels as the configuration has them, a line for each. */
export function labelProblems(labels: readonly string[]): string[] {
  const parsed = parseLabels(labels);
  if (parsed.ok) return [];
  return parsed.problems.map(({ value, message }) =>
    value === undefined ? `worker_labels ${message}` : `worker_labels: ${shownValue(value)} ${message}`,
  );
}

/** Labels as reports have them; those that `labelProblems` finds something wrong with are none. */
export function workerLabels(labels: readonly string[]): Record<string, string> {
  const parsed = parseLabels(labels);
  return parsed.ok ? parsed.value : {};
}
