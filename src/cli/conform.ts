import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import {
  addReport,
  type ConformReport,
  createReport,
  isRecording,
  judgeRecording,
  RECORDED_KEYS,
} from '../lab/index.js';
import { loadCaseJudge } from './case-judge.js';

/** Something was judged wrong. */
const EXIT_FAILED = 1;
/** The arguments cannot be used; nothing is said about the model. */
const EXIT_UNUSABLE = 2;

interface ConformOptions {
  readonly only?: readonly string[];
}

/** `mmulab conform FILE...`: judges the model by architecture cases and recordings of real kernels. */
export function registerConform(program: Command): void {
  program
    .command('conform')
    .description('judge the model by architecture cases and kernel recordings')
    .argument('<file...>', 'architecture cases, or a recording: told apart by their content')
    .option('--only <keys>', 'of recordings, judge only these keys (comma-separated)', keysOf)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_UNUSABLE))
    .action(async (files: string[], options: ConformOptions) => {
      process.exitCode = await conform(files, options);
    });
}

async function conform(files: readonly string[], options: ConformOptions): Promise<number> {
  const total = createReport();
  for (const file of files) addReport(total, await judgeFile(file, options));
  process.stdout.write(reportOf(total));
  return total.failures.length === 0 ? 0 : EXIT_FAILED;
}

/** A file that cannot be read is a failure, so that no list of files passes without it. */
async function judgeFile(file: string, { only }: ConformOptions): Promise<ConformReport> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const report = createReport();
    const expected = 'a file of JSON that can be read';
    report.failures.push({ where: file, expected, came: (error as Error).message });
    return report;
  }
  if (isRecording(content)) return judgeRecording(content, only === undefined ? {} : { only });
  const { judgeCases } = await loadCaseJudge();
  return judgeCases(content, file);
}

/** Failures first, then what was skipped by kind, and the sums as the last line. */
function reportOf({ passed, failures, skipped }: ConformReport): string {
  const lines = failures.map(
    ({ where, expected, came }) => `FAIL ${where}: expected ${expected}, came ${came}`,
  );
  let skippedCount = 0;
  for (const [kind, count] of Object.entries(skipped)) {
    lines.push(`skipped ${kind}: ${count}`);
    skippedCount += count;
  }
  const sums = `${passed} passed, ${failures.length} failed`;
  lines.push(skippedCount === 0 ? sums : `${sums}, ${skippedCount} skipped`);
  return `${lines.join('\n')}\n`;
}

function keysOf(list: string): string[] {
  const keys = list.split(',').map((key) => key.trim());
  const stranger = keys.find((key) => !RECORDED_KEYS.includes(key));
  if (stranger === undefined) return keys;
  throw new InvalidArgumentError(
    `no recording has the key "${stranger}"; there are ${RECORDED_KEYS.join(', ')}`,
  );
}
