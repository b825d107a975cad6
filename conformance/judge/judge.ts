import { type ConformReport, countSkipped, createReport } from '../../src/lab/index.js';
import { type ArchitectureCase, placeOf, readCases } from './case.js';
import { type Difference, differencesOf } from './checks.js';
import { strangeKeyIn } from './keys.js';
import { SetupFailed } from './prepare.js';
import { Unreadable } from './reading.js';
import { replayDifferences } from './replay/index.js';
import { isJudgedArea } from './setup.js';
import { judgeRule } from './tlb/rule.js';
import { withStepsAbove } from './tlb/steps-above.js';
import { judgeUseCase } from './tlb/use.js';
import { trialsOf } from './trials.js';

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
    const differences = [...spread(item), ...consequencesOf(item)].flatMap(differencesIn);
    if (differences.length === 0) report.passed += 1;
    else report.failures.push({ where, ...inOne(differences) });
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    countSkipped(report, `${item.id}: no rule for ${error.message}`);
  }
}

/** Areas about what may be used later, for which one outcome at the end is not enough. */
const OWN_JUDGES: Readonly<Record<string, (item: ArchitectureCase) => Iterable<Difference>>> = {
  'tlb-rule': judgeRule,
  'tlb-use': judgeUseCase,
  'bug-replay': replayDifferences,
};

/** The model's own failure is a difference as well: it must not end the report. */
function differencesIn(item: ArchitectureCase): Difference[] {
  const differences: Difference[] = [];
  try {
    const own = Object.hasOwn(OWN_JUDGES, item.area) ? OWN_JUDGES[item.area] : undefined;
    if (own !== undefined) return [...own(item)];
    for (const { trial, expect } of trialsOf(item)) {
      differences.push(...differencesOf(trial, expect).map((one) => labelled(trial.label, one)));
    }
  } catch (error) {
    if (error instanceof Unreadable || !(error instanceof Error)) throw error;
    const came = error instanceof SetupFailed ? error.message : `${error.name}: ${error.message}`;
    differences.push({ expected: String(item.expect.outcome), came });
  }
  return differences;
}

function labelled(label: string, { expected, came }: Difference): Difference {
  return label === '' ? { expected, came } : { expected, came: `${label}: ${came}` };
}

function inOne(differences: readonly Difference[]): Difference {
  return {
    expected: differences.map(({ expected }) => expected).join('; '),
    came: differences.map(({ came }) => came).join('; '),
  };
}

/** A case about `any of 0..3` is one case for each of them; all must be right. */
function spread(item: ArchitectureCase): readonly ArchitectureCase[] {
  const [, first, last] = /^any of (\d)\.\.(\d)$/.exec(String(item.args.pdpte)) ?? [];
  if (first === undefined || last === undefined) return [item];
  const count = Number(last) - Number(first) + 1;
  return Array.from({ length: count }, (_, index) => ({
    ...item,
    args: { ...item.args, pdpte: Number(first) + index },
  }));
}

/** A reload of the PDPTEs shows when one of them is bad: then the same instruction must fault. */
function consequencesOf(item: ArchitectureCase): readonly ArchitectureCase[] {
  const text = item.expect.side_effect;
  if (text === undefined) return [];
  if (!/^PDPTEs reloaded from CR3/.test(String(text)))
    throw new Unreadable(`side_effect "${text}"`);
  return [
    {
      ...item,
      setup: { ...item.setup, pdpte: 'bad reserved bit' },
      expect: { outcome: 'fault', vector: '#GP', error_code: '0x0' },
    },
  ];
}
