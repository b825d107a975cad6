import type { Command } from 'commander';
import {
  addReport,
  type ConformReport,
  createReport,
  isRecording,
  judgeRecording,
  RECORDED_KEYS,
} from '../lab/index.js';
import { loadCaseJudge } from './case-judge.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { jsonIn } from './input.js';
import { jsonFilesOf } from './json-files.js';
import { startProgress } from './progress.js';
import type { Terminal } from './terminal.js';
import { UnusableFile, WrongUse } from './wrong-use.js';

interface ConformOptions {
  readonly only?: readonly string[];
  readonly json?: true;
}

/** `mmulab conform PATH...`: judges the model by architecture cases and recordings of real kernels. */
export function registerConform(program: Command, terminal: Terminal): void {
  program
    .command('conform')
    .description('judge the model by architecture cases and kernel recordings')
    .argument(
      '<path...>',
      'architecture cases or recordings, told apart by their content: a file, a folder for ' +
        'every *.json below it, or - for standard input',
    )
    .option('--only <keys>', 'of recordings, judge only these keys (comma-separated)', keysOf)
    .option('--json', 'print what was found as JSON')
    .action(async (paths: string[], options: ConformOptions) => {
      terminal.exitCode = await conform(paths, options, terminal);
    });
}

async function conform(
  paths: readonly string[],
  options: ConformOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const total = createReport();
  const files: string[] = [];
  for (const path of paths) {
    try {
      files.push(...(await jsonFilesOf(path)));
    } catch (error) {
      addReport(total, unusable(path, error));
    }
  }
  const progress = startProgress(terminal, { what: 'conform', total: files.length });
  try {
    for (const [done, file] of files.entries()) {
      progress.update(done);
      addReport(total, await judgeFile(file, options, terminal));
    }
  } finally {
    progress.stop();
  }
  terminal.stdout.write(options.json === true ? jsonOf(total) : textOf(total));
  return total.failures.length === 0 ? EXIT.done : EXIT.objected;
}

async function judgeFile(
  file: string,
  { only }: ConformOptions,
  terminal: Terminal,
): Promise<ConformReport> {
  let content: unknown;
  try {
    content = await jsonIn(file, terminal);
  } catch (error) {
    return unusable(file, error);
  }
  if (isRecording(content)) return judgeRecording(content, only === undefined ? {} : { only });
  const { judgeCases } = await loadCaseJudge();
  return judgeCases(content, file);
}

/** Failure for a path that cannot be read, so that no list passes without it. */
function unusable(where: string, error: unknown): ConformReport {
  if (!(error instanceof UnusableFile)) throw error;
  const report = createReport();
  const expected = 'a file of JSON that can be read';
  report.failures.push({ where, expected, came: error.reason });
  return report;
}

/** Failures first, then what was skipped by kind, and the sums as the last line. */
function textOf({ passed, failures, skipped }: ConformReport): string {
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

function jsonOf({ passed, failures, skipped }: ConformReport): string {
  return `${JSON.stringify({ passed, failed: failures.length, failures, skipped }, null, 2)}\n`;
}

function keysOf(list: string): string[] {
  const keys = list.split(',').map((key) => key.trim());
  const stranger = keys.find((key) => !RECORDED_KEYS.includes(key));
  if (stranger === undefined) return keys;
  const known = RECORDED_KEYS.join(', ');
  throw new WrongUse(`Cannot judge "${stranger}": no recording has that key; there are ${known}`);
}
