import { parse } from '../parsing/parse.js';
import type { ParseResult } from '../parsing/problem.js';
import { WorkerReport } from './report.js';

/** A report as it arrived; fields that a newer worker added are left out. */
export function parseReport(input: unknown): ParseResult<WorkerReport> {
  return parse(WorkerReport, input, { unknownFields: 'ignore' });
}
