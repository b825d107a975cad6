import { type ConformReport, countSkipped, createReport } from '../../src/lab/index.js';
import type { Attempt } from './attempt/attempt.js';
import { Unreadable } from './attempt/unreadable.js';
import { type ArchitectureCase, placeOf, readCases } from './case.js';
import { strangeKeyIn } from './keys.js';
import { attemptsOf } from './read/index.js';
import { isJudgedArea } from './read/setup.js';
import { withStepsAbove } from './read/tlb/steps-above.js';
import type { Difference } from './run/difference.js';
import { differencesIn } from './run/index.js';
import { SetupFailed } from './run/setup-failed.js';

/**
 * Judges cases by running the model: each gets a VM of its own, is brought by commands into the
 * state that the case asks for, and executes its instruction. Nothing depends on a case's id.
 *
 * A case fails if the model does something else than it expects, or if it is not in the form of a
 * case: it expects nothing, or has a key that no case has. A case is skipped, by name, if its area
 * is not judged or if it says something without a rule.
 *
 * @param content A file's content: a list of cases, or it fails as a whole.
 * @param file Name of the file for such a failure.
 */
export function judgeCases(content: unknown, file = 'content'): ConformReport {
  const report = createReport();
  for (const item of withStepsAbove(readCases(content, file, report))) {
    if (isJudgedArea(item.area)) judgeCase(item, report);
    else countSkipped(report, `area ${item.area}`);
  }
  return report;
}

function judgeCase(item: ArchitectureCase, report: ConformReport): void {
  const where = placeOf(item);
  const strange = strangeKeyIn(item);
  if (strange !== null) {
    report.failures.push({ where, expected: 'keys that cases have', came: strange });
    return;
  }
  try {
    const differences = attemptsOf(item).flatMap((attempt) => differencesOf(item, attempt));
    if (differences.length === 0) report.passed += 1;
    else report.failures.push({ where, ...inOne(differences) });
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    countSkipped(report, `${item.id}: no rule for ${error.message}`);
  }
}

/** The model's own failure is a difference as well: it must not end the report. */
function differencesOf(item: ArchitectureCase, attempt: Attempt): readonly Difference[] {
  const differences: Difference[] = [];
  try {
    for (const difference of differencesIn(attempt)) differences.push(difference);
  } catch (error) {
    if (error instanceof Unreadable || !(error instanceof Error)) throw error;
    const came = error instanceof SetupFailed ? error.message : `${error.name}: ${error.message}`;
    differences.push({ expected: String(item.expect.outcome), came });
  }
  return differences;
}

function inOne(differences: readonly Difference[]): Difference {
  return {
    expected: differences.map(({ expected }) => expected).join('; '),
    came: differences.map(({ came }) => came).join('; '),
  };
}
