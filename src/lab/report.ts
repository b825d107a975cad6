import type { z } from 'zod';

/** A case, an operation of a recording, or a whole file that is not right. */
export interface Failure {
  /** The case's id, the recording's name with the operation, or the name of the file. */
  readonly where: string;
  readonly expected: string;
  readonly came: string;
}

/** The findings of a judge: plain data, which its caller prints or writes as JSON. */
export interface ConformReport {
  /** Cases, or judged operations, in which all was right. */
  passed: number;
  readonly failures: Failure[];
  /** Number of cases or operations that were not judged, by what they are. */
  readonly skipped: Record<string, number>;
}

export function createReport(): ConformReport {
  return { passed: 0, failures: [], skipped: {} };
}

export function countSkipped(report: ConformReport, kind: string, count = 1): void {
  report.skipped[kind] = (report.skipped[kind] ?? 0) + count;
}

/** Adds the findings of one file to those of all. */
export function addReport(total: ConformReport, part: ConformReport): void {
  total.passed += part.passed;
  total.failures.push(...part.failures);
  for (const [kind, count] of Object.entries(part.skipped)) countSkipped(total, kind, count);
}

/** A file, or a part of one, that does not have the form that it should have. */
export function formFailure(where: string, form: string, { issues }: z.ZodError): Failure {
  const [issue] = issues;
  const path = issue?.path.join('.') ?? '';
  const came = path === '' ? `${issue?.message}` : `${path}: ${issue?.message}`;
  return { where, expected: `the form of ${form}`, came };
}
