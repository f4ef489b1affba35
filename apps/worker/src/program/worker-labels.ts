/** Longest key and value of a label, characters. */
const LONGEST = 255;

/** What is wrong with labels as the configuration has them, a line for each. */
export function labelProblems(labels: readonly string[]): string[] {
  const problems: string[] = [];
  const keys = new Set<string>();
  for (const label of labels) {
    const at = label.indexOf('=');
    const key = label.slice(0, Math.max(at, 0));
    const value = label.slice(at + 1);
    if (at < 1) problems.push(`worker_labels: ${JSON.stringify(label)} must be key=value, like zone=eu-1`);
    else if (key.length > LONGEST || value.length > LONGEST)
      problems.push(
        `worker_labels: key and value of ${JSON.stringify(key.slice(0, 40))} may have ${LONGEST} characters each`,
      );
    else if (keys.has(key)) problems.push(`worker_labels: ${JSON.stringify(key)} is given twice`);
    keys.add(key);
  }
  return problems;
}

/** Labels as reports have them. */
export function workerLabels(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    labels.map((label) => {
      const at = label.indexOf('=');
      return [label.slice(0, at), label.slice(at + 1)];
    }),
  );
}
