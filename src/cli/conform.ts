import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  addReport,
  type ConformReport,
  createReport,
  isRecording,
  judgeRecording,
} from '../lab/index.js';
import { loadCaseJudge } from './case-judge.js';

/** Something was judged wrong. */
const EXIT_FAILED = 1;
/** The arguments or a file cannot be used; nothing is said about the model. */
const EXIT_UNUSABLE = 2;

interface ConformOptions {
  readonly only?: readonly string[];
}

/** A file that is neither cases nor a recording, or cannot be read at all. */
class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
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

/** Every file is read before the first is judged: a bad one is said at once. */
async function conform(files: readonly string[], options: ConformOptions): Promise<number> {
  const total = createReport();
  try {
    const contents = files.map((file) => ({ file, content: contentOf(file) }));
    for (const { file, content } of contents) {
      addReport(total, await judge(file, content, options));
    }
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_UNUSABLE;
  }
  process.stdout.write(reportOf(total));
  return total.failures.length === 0 ? 0 : EXIT_FAILED;
}

async function judge(
  file: string,
  content: unknown,
  { only }: ConformOptions,
): Promise<ConformReport> {
  if (isRecording(content)) {
    try {
      return judgeRecording(content, only === undefined ? {} : { only });
    } catch (error) {
      throw unusable(file, error);
    }
  }
  const { casesOf, judgeCases } = await loadCaseJudge();
  const cases = casesOf(content);
  if (cases === null) throw unusable(file, 'neither architecture cases nor a recording');
  return judgeCases(cases);
}

function contentOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, reason: unknown): UnusableFile {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new UnusableFile(`Cannot read "${file}": ${why}`);
}

/** Failures first, then what was skipped by kind, and the sums as the last line. */
function reportOf({ passed, failures, skipped }: ConformReport): string {
  const lines = failures.map(
    ({ where, expected, came }) => `FAIL ${where}: expected ${expected}, came ${came}`,
  );
  let skippedCount = 0;
  for (const [kind, count] of skipped) {
    lines.push(`skipped ${kind}: ${count}`);
    skippedCount += count;
  }
  const sums = `${passed} passed, ${failures.length} failed`;
  lines.push(skippedCount === 0 ? sums : `${sums}, ${skippedCount} skipped`);
  return `${lines.join('\n')}\n`;
}

function keysOf(list: string): string[] {
  return list.split(',').map((key) => key.trim());
}
