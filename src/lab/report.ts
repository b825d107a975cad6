/** What was wrong in one case, or in one key of one operation. */
export interface Failure {
  /** The case's id, or the recording's name with the operation and its key. */
  readonly where: string;
  readonly expected: string;
  readonly came: string;
}

/** What a judge found. Plain data: printing it is the caller's business. */
export interface ConformReport {
  /** Cases, or judged operations, in which all was right. */
  passed: number;
  readonly failures: Failure[];
  /** What was not judged, by kind, with the number of cases or operations of that kind. */
  readonly skipped: Map<string, number>;
}

export function createReport(): ConformReport {
  return { passed: 0, failures: [], skipped: new Map() };
}

export function countSkipped(report: ConformReport, kind: string, count = 1): void {
  report.skipped.set(kind, (report.skipped.get(kind) ?? 0) + count);
}

/** Adds what was found in one file to what was found in all. */
export function addReport(total: ConformReport, part: ConformReport): void {
  total.passed += part.passed;
  total.failures.push(...part.failures);
  for (const [kind, count] of part.skipped) countSkipped(total, kind, count);
}
