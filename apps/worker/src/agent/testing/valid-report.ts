import { parseReport, type WorkerReport } from '@nebula/contracts';

/** A report as it arrives at the api. Throws when the contract would refuse it there. */
export function validReport(report: WorkerReport): WorkerReport {
  const parsed = parseReport(JSON.parse(JSON.stringify(report)));
  if (!parsed.ok) throw new Error(`The report is invalid: ${JSON.stringify(parsed.problems)}`);
  return parsed.value;
}
