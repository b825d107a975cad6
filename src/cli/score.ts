import { writeFile } from 'node:fs/promises';
import type { Command as Program } from 'commander';
import {
  createCensus,
  createReconstruction,
  createScore,
  PRESET_NAMES,
  type ScoreOptions,
  scoreHtml,
  scoreJson,
  scoreText,
  type TraceScore,
  traceCase,
} from '../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../mmu/index.js';
import { PREV_ROOTS_MAX } from '../mmu/schema/index.js';
import { VERSION } from '../server/wire/version.js';
import { caseText } from './case-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { pricesOf } from './price-file.js';
import { readTrace } from './read-trace.js';
import type { Terminal } from './terminal.js';
import { listOf, numbersOf } from './value-lists.js';
import { WrongUse } from './wrong-use.js';

interface CliOptions {
  readonly json?: true;
  readonly html?: true;
  readonly output?: string;
  readonly kernel?: string;
  readonly prevRoots: string;
  readonly policy: string;
  readonly prices: string;
  readonly guestCycles: string;
  readonly case?: string;
}

/** `mmulab score`: a trace of a real host in, a verdict out. */
export function registerScore(program: Program, terminal: Terminal): void {
  program
    .command('score')
    .description('tell of a trace of KVM what each policy would have paid, and who was right')
    .argument(
      '<trace>',
      'trace.dat, or text of ftrace, trace-cmd or perf; plain or packed; - is standard input',
    )
    .option('--json', 'print everything as JSON, the commands as well')
    .option('--html', 'print one page of HTML with plots')
    .option('-o, --output <file>', 'write there instead of to the standard output')
    .option('--kernel <version>', 'the rules of the kernel (those of the trace, else 6.1)')
    .option('--prev-roots <count>', 'slots beside the current root', '3')
    .option('--policy <names>', 'policies, comma-separated, or all', 'all')
    .option(
      '--prices <name>',
      `what things cost: ${PRESET_NAMES.join(', ')}, or a price file`,
      PRESET_NAMES[0],
    )
    .option('--guest-cycles <count>', "the guest's own work in each command, in cycles", '0')
    .option('--case <file>', 'write the first VM as a case file as well, which a server opens')
    .action(async (trace: string, options: CliOptions) => {
      terminal.exitCode = await run(trace, options, terminal);
    });
}

async function run(trace: string, options: CliOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.json === true && options.html === true) {
    throw new WrongUse('Cannot score: --json and --html are two forms of one answer');
  }
  const score = await scoreOf(trace, await settingsOf(options, terminal), terminal);
  const form = options.json === true ? jsonLine : options.html === true ? scoreHtml : scoreText;
  await write(options.output, form(score), terminal);
  if (options.case !== undefined) {
    const [vm] = score.vms;
    if (vm === undefined) throw new WrongUse('Cannot write a case: the trace has no VM');
    await write(options.case, await caseText(traceCase(vm)), terminal);
  }
  return score.vms.length === 0 ? EXIT.objected : EXIT.done;
}

function jsonLine(score: TraceScore): string {
  return `${scoreJson(score)}\n`;
}

/** @throws {WrongUse} If an option has a value that it cannot have. */
async function settingsOf(options: CliOptions, terminal: Terminal): Promise<ScoreOptions> {
  const what = 'Cannot score';
  const [prevRoots = 3] = numbersOf(what, 'prev-roots', options.prevRoots, [0, PREV_ROOTS_MAX]);
  const [guestCycles = 0] = numbersOf(what, 'guest-cycles', options.guestCycles, [0, 1e9]);
  const kernels =
    options.kernel === undefined ? [] : listOf(what, 'kernel', options.kernel, KERNEL_NAMES);
  if (kernels.length > 1) throw new WrongUse(`${what}: --kernel names one kernel, of the trace`);
  return {
    ...(kernels[0] === undefined ? {} : { kernel: kernels[0] }),
    ...{ prevRoots, guestCycles },
    policies: listOf(what, 'policy', options.policy, POLICY_NAMES),
    prices: await pricesOf(options.prices, terminal),
  };
}

/** @throws {UnusableFile} If it cannot be read, or is a trace.dat that is broken in its head. */
async function scoreOf(
  trace: string,
  options: ScoreOptions,
  terminal: Terminal,
): Promise<TraceScore> {
  const census = createCensus();
  const score = createScore(census, options);
  const reconstruction = createReconstruction(census, score.take);
  await readTrace(trace, { census, take: reconstruction.take }, terminal);
  reconstruction.end();
  return { name: trace, version: VERSION, census, vms: score.scores(`Trace ${trace}`, VERSION) };
}

async function write(file: string | undefined, text: string, terminal: Terminal): Promise<void> {
  if (file === undefined) {
    terminal.stdout.write(text);
    return;
  }
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new WrongUse(`Cannot write "${file}": ${(error as Error).message}`);
  }
}
